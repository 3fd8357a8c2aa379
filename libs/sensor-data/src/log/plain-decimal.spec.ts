import { assert, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decimalLength,
  decimalValue,
  isPlainDecimal,
  plainDecimalOf,
  writeDecimal,
} from './plain-decimal.js';

const bytes = Buffer.alloc(64);
const textOf = (mantissa: number, scale: number): string =>
  bytes.toString('latin1', 0, writeDecimal(bytes, 0, mantissa, scale));

/** Up to 15 digits, the last of a fraction not zero. */
const decimals = tuple(
  integer({ min: -(10 ** 15 - 1), max: 10 ** 15 - 1 }),
  integer({ min: 0, max: 15 }),
  integer({ min: 0, max: 15 }),
)
  .map(([digits, dropped, scale]) => ({ mantissa: Math.trunc(digits / 10 ** dropped) + 0, scale }))
  .filter(
    ({ mantissa, scale }) =>
      (scale === 0 || mantissa % 10 !== 0) && isPlainDecimal(mantissa, scale),
  );

describe('a plain decimal', () => {
  it('has the text, its length and the value that JavaScript gives its double', () => {
    assert(
      property(decimals, ({ mantissa, scale }) => {
        const text = textOf(mantissa, scale);
        expect(text).toBe(String(Number(`${mantissa}e-${scale}`)));
        expect(decimalLength(mantissa, scale)).toBe(text.length);
        expect(decimalValue(mantissa, scale)).toBe(Number(text));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [0, 0, '0'],
    [1, 6, '0.000001'],
    [-5, 1, '-0.5'],
    [999_999_999_999_999, 15, '0.999999999999999'],
    [123_456_789_012_345, 3, '123456789012.345'],
    [10, 0, '10'],
  ])('%d e-%d is %s', (mantissa, scale, text) => {
    expect(textOf(mantissa, scale)).toBe(text);
    expect(plainDecimalOf(Number(text))).toEqual(
      text.length > 15 ? undefined : { mantissa, scale },
    );
  });

  it('is not what JavaScript writes with an exponent', () => {
    expect(isPlainDecimal(1, 7)).toBe(false);
    expect(isPlainDecimal(12, 7)).toBe(true);
    expect(plainDecimalOf(1e-7)).toBeUndefined();
    expect(plainDecimalOf(1e21)).toBeUndefined();
  });
});
