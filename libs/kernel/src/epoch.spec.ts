import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EPOCH_UNITS, instantFromEpoch, parseEpoch, type EpochUnit } from './epoch.js';

function instantOf(text: string, unit: EpochUnit): string {
  const parsed = parseEpoch(text, unit);
  return parsed.ok ? instantFromEpoch(parsed.value) : parsed.fault.code;
}

describe('a number of an epoch', () => {
  it.each([
    ['1676440800', 's', '2023-02-15T06:00:00.000000000Z'],
    ['1676440800.5', 's', '2023-02-15T06:00:00.500000000Z'],
    ['1594512094.385', 's', '2020-07-12T00:01:34.385000000Z'],
    ['1676440800.123456789', 's', '2023-02-15T06:00:00.123456789Z'],
    ['1676440800.1234567890', 's', '2023-02-15T06:00:00.123456789Z'],
    ['1594512094385', 'ms', '2020-07-12T00:01:34.385000000Z'],
    ['1594512094385.25', 'ms', '2020-07-12T00:01:34.385250000Z'],
    ['1676440800123456', 'us', '2023-02-15T06:00:00.123456000Z'],
    ['1676440800123456789', 'ns', '2023-02-15T06:00:00.123456789Z'],
    ['1.676440800123456789e18', 'ns', '2023-02-15T06:00:00.123456789Z'],
    ['1.6764408E9', 's', '2023-02-15T06:00:00.000000000Z'],
    ['1676440800123e-3', 's', '2023-02-15T06:00:00.123000000Z'],
    ['0', 'ns', '1970-01-01T00:00:00.000000000Z'],
    ['-0', 's', '1970-01-01T00:00:00.000000000Z'],
    ['12', 'ms', '1970-01-01T00:00:00.012000000Z'],
    ['253402300799.999999999', 's', '9999-12-31T23:59:59.999999999Z'],
    ['253402300800', 's', 'timestamp-out-of-range'],
    ['-1', 's', 'timestamp-out-of-range'],
    ['-0.5', 'ns', 'timestamp-too-precise'],
    ['1e40', 's', 'timestamp-out-of-range'],
    ['1e41', 's', 'timestamp-malformed'],
    ['1676440800.0000000001', 's', 'timestamp-too-precise'],
    ['1676440800123456789.5', 'ns', 'timestamp-too-precise'],
    ['', 's', 'timestamp-malformed'],
    ['+1676440800', 's', 'timestamp-malformed'],
    ['1676440800s', 's', 'timestamp-malformed'],
    ['1,676', 's', 'timestamp-malformed'],
    ['.5', 's', 'timestamp-malformed'],
    ['5.', 's', 'timestamp-malformed'],
    ['NaN', 's', 'timestamp-malformed'],
    ['1'.repeat(1_000_000), 's', 'timestamp-malformed'],
  ] as const)('%s in %s is %s', (text, unit, instant) => {
    expect(instantOf(text, unit)).toBe(instant);
  });

  it('is read exactly, in whichever unit and notation it is written', () => {
    const time = fc.record({
      seconds: fc.integer({ min: 0, max: 253_402_300_799 }),
      nanos: fc.integer({ min: 0, max: 999_999_999 }),
    });
    fc.assert(
      fc.property(time, fc.constantFrom(...EPOCH_UNITS), (written, unit) => {
        const below = { s: 0, ms: 3, us: 6, ns: 9 }[unit];
        const nanos = String(written.nanos).padStart(9, '0');
        const whole = `${written.seconds}${nanos.slice(0, below)}`;
        const texts = [
          below === 9 ? whole : `${whole}.${nanos.slice(below)}`,
          `${written.seconds}${nanos}e-${9 - below}`,
        ];

        for (const text of texts) {
          expect(parseEpoch(text, unit)).toEqual({ ok: true, value: written });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
