import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Decimal } from './decimal.js';

function sumOf(values: readonly number[]): Decimal {
  let sum = Decimal.ZERO;
  for (const value of values) sum = sum.plus(Decimal.fromNumber(value));
  return sum;
}

/** What a reading may carry: zero, or 1e-100 ≤ |v| ≤ 1e100. */
const readingValue = fc
  .double({ min: -1e100, max: 1e100, noNaN: true })
  .map((value) => (Math.abs(value) < 1e-100 ? 0 : value));

describe('an exact decimal', () => {
  it('adds a million times 0.1 up to 100000', () => {
    const tenth = Decimal.fromNumber(0.1);
    let sum = Decimal.ZERO;

    for (let i = 0; i < 1_000_000; i += 1) sum = sum.plus(tenth);

    expect(sum.toString()).toBe('100000');
    expect(sum.dividedByCount(1_000_000)).toBe(0.1);
  });

  it.each([
    [[1e15, 1e-15], '1000000000000000.000000000000001'],
    [[1e100, 1e-100], `1${'0'.repeat(100)}.${'0'.repeat(99)}1`],
    [[0.1, 0.2], '0.3'],
    [[-0.25, 0], '-0.25'],
    [[1, -1], '0'],
    [[-0], '0'],
    [[1e21, 1], '1000000000000000000001'],
    [[1.5e-7], '0.00000015'],
    [[100, 20], '120'],
  ])('adds %j to %s', (values, text) => {
    expect(sumOf(values).toString()).toBe(text);
  });

  it('has the same sum in every order', () => {
    const shuffled = fc
      .array(readingValue, { maxLength: 30 })
      .chain((values) =>
        fc.tuple(
          fc.constant(values),
          fc.shuffledSubarray(values, { minLength: values.length, maxLength: values.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([values, permutation]) => {
        expect(sumOf(permutation).toString()).toBe(sumOf(values).toString());
      }),
    );
  });

  it('has its earlier digits again after a number is added and taken away', () => {
    fc.assert(
      fc.property(fc.array(readingValue, { maxLength: 10 }), readingValue, (values, extra) => {
        const before = sumOf(values);

        const after = before.plus(Decimal.fromNumber(extra)).plus(Decimal.fromNumber(-extra));

        expect(after.toString()).toBe(before.toString());
      }),
    );
  });

  it('keeps a double, through its text and back', () => {
    fc.assert(
      fc.property(readingValue, (value) => {
        const decimal = Decimal.fromNumber(value);

        expect(decimal.toNumber()).toBe(value + 0);
        expect(Decimal.parse(decimal.toString()).toString()).toBe(decimal.toString());
        expect(Number(decimal.toString())).toBe(value + 0);
      }),
    );
  });

  it('is never negative zero as a double', () => {
    expect(Decimal.parse('-0').toNumber()).toBe(0);
    expect(Decimal.parse('-1e-400').toNumber()).toBe(0);
    expect(Decimal.parse('-1e-400').dividedByCount(3)).toBe(0);
  });

  it.each(['', ' 1', '1 ', '1.', '.5', '+1', '0x10', '1_000', 'NaN', 'Infinity', '1e', '1e99999'])(
    'does not read %j',
    (text) => {
      expect(() => Decimal.parse(text)).toThrow(RangeError);
    },
  );

  it('shows the beginning only of a text that it does not read', () => {
    expect(() => Decimal.parse('x'.repeat(10_000))).toThrow(/^not a decimal number: x{50}$/);
  });
});

describe('a decimal divided by a count', () => {
  it.each([
    ['1500.75', 20, 75.0375],
    ['1', 3, 1 / 3],
    ['-2', 3, -2 / 3],
    ['0', 7, 0],
    ['1e100', 7, 1e100 / 7],
    // Halfway between two doubles goes to the even one; the slightest bit more goes up.
    ['9007199254740993', 1, 9007199254740992],
    [`9007199254740993.${'0'.repeat(60)}1`, 1, 9007199254740994],
    ['27021597764222979', 3, 9007199254740992],
    [`27021597764222979.${'0'.repeat(60)}1`, 3, 9007199254740994],
  ])('%s / %i is the nearest double', (text, count, quotient) => {
    expect(Decimal.parse(text).dividedByCount(count)).toBe(quotient);
  });

  it('is the nearest double, as exact fractions say', () => {
    const values = fc.array(readingValue, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 10_000_000 }), (terms, count) => {
        const sum = sumOf(terms);

        const quotient = sum.dividedByCount(count);

        expect(isNearest(quotient, fractionOf(sum.toString(), count))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('is told apart from its neighbours by that check', () => {
    const third = fractionOf('1', 3);

    expect(isNearest(1 / 3, third)).toBe(true);
    expect(isNearest(neighbour(1 / 3, 1n), third)).toBe(false);
    expect(isNearest(neighbour(1 / 3, -1n), third)).toBe(false);
  });
});

/** An exact fraction with a positive denominator, in bigints: an oracle that shares no code with Decimal. */
interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

function fractionOf(plain: string, count: number): Fraction {
  const [whole = '0', fraction = ''] = plain.split('.');
  return {
    numerator: BigInt(whole + fraction),
    denominator: 10n ** BigInt(fraction.length) * BigInt(count),
  };
}

/** A double is a whole number of 2^-1074. */
function fractionOfDouble(value: number): Fraction {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const mantissa = bits & ((1n << 52n) - 1n);
  const units = exponent === 0n ? mantissa : (mantissa | (1n << 52n)) << (exponent - 1n);
  return { numerator: bits >> 63n === 1n ? -units : units, denominator: 1n << 1074n };
}

function distance(a: Fraction, b: Fraction): Fraction {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return {
    numerator: difference < 0n ? -difference : difference,
    denominator: a.denominator * b.denominator,
  };
}

function isNearest(value: number, exact: Fraction): boolean {
  const own = distance(fractionOfDouble(value), exact);
  return [1n, -1n].every((step) => {
    const other = distance(fractionOfDouble(neighbour(value, step)), exact);
    return own.numerator * other.denominator <= other.numerator * own.denominator;
  });
}

/** The next double away from zero (1n) or towards it (-1n); of zero, the smallest one. */
function neighbour(value: number, step: bigint): number {
  if (value === 0) return step > 0n ? Number.MIN_VALUE : -Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigUint64(0, view.getBigUint64(0) + step);
  return view.getFloat64(0);
}
