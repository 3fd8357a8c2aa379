import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNumber, parseNumberText } from './reading-number.js';

function codeOf(text: string): string | undefined {
  const parsed = parseNumberText(text);
  return parsed.ok ? undefined : parsed.fault.code;
}

describe('a number in a text', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['-0.00e5', 0],
    ['0.1', 0.1],
    ['1e3', 1000],
    ['1E+3', 1000],
    ['-2.50', -2.5],
    ['999999999999.999', 999999999999.999],
    ['123456789012345678901234567890123456789', 1.2345678901234568e38],
    ['9007199254740993', 9007199254740992],
    ['1e-100', 1e-100],
    ['0e-999', 0],
  ])('%s is taken as %d', (text, value) => {
    expect(parseNumberText(text)).toEqual({ ok: true, value });
  });

  it.each([
    ['', ' ', '1 ', ' 1', '\t1', '1\n', '0x10', '0b1', '01', '-01', '1.', '.5', '5.', '+1'],
    ['1_000', '1,5', '1.234,5', '1 234', "1'234", '1e', '1e5.5', '--1', '-', 'e5', 'null'],
    ['NaN', 'nan', 'Infinity', '-Infinity', 'inf', 'true', '٣', '１', '−1', '1\u00a0', '\u200b1'],
  ])('is not one: %j …', (...texts) => {
    expect(texts.map(codeOf)).toEqual(texts.map(() => 'value-not-a-number'));
  });

  it.each(['1e400', '-1e400', '1e101', '1e-101', '1e-400', '-1e-400', '5e-324', '0.0001e-330'])(
    'is out of range: %s',
    (text) => {
      expect(codeOf(text)).toBe('value-out-of-range');
    },
  );

  it('means the same as in JSON', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = JSON.stringify(value);

        expect(parseNumberText(text)).toEqual(parseNumber(JSON.parse(text)));
      }),
      { numRuns: 1000 },
    );
  });

  it('is told in linear time, however long it is', () => {
    const started = performance.now();

    codeOf(`${'1'.repeat(1_000_000)}x`);
    codeOf(`0.${'0'.repeat(1_000_000)}x`);
    codeOf(`1e${'0'.repeat(1_000_000)}x`);
    codeOf(`0.${'0'.repeat(1_000_000)}`);

    expect(performance.now() - started).toBeLessThan(200);
  });
});
