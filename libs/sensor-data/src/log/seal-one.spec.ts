import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockBuilder } from './block-builder.js';
import { HOUR_NS } from './hour-time.js';
import { isSealedAsOne, sealOne } from './seal-one.js';

const STAMP = { epochMicros: 1_764_489_600_123_456, source: '0123456789' };
const aName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/);
const aRow = fc.record({
  offsetNs: fc.integer({ min: 0, max: HOUR_NS - 1 }),
  values: fc
    .array(fc.tuple(aName, fc.double({ min: -1e100, max: 1e100, noNaN: true })), {
      minLength: 1,
      maxLength: 4,
    })
    .map((entries) => new Map(entries.map(([name, value]) => [name, value + 0]))),
  tags: fc.constant(new Map()),
});

describe('a block of one reading', () => {
  it('is what the builder makes of it', () => {
    const origins = fc.oneof(fc.constant({}), fc.record({ by: fc.string({ maxLength: 128 }) }));
    const expiries = fc.option(fc.nat(), { nil: undefined });
    const ids = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/);
    fc.assert(
      fc.property(ids, aRow, origins, expiries, (equipmentId, row, origin, expiresAt) => {
        const builder = new BlockBuilder(equipmentId, '2026-11-30T08', origin);
        builder.add(row);
        const of = { equipmentId, hour: '2026-11-30T08', origin };

        expect(isSealedAsOne(row)).toBe(true);
        expect(sealOne(of, row, STAMP, expiresAt)).toEqual(builder.seal(STAMP, expiresAt));
      }),
    );
  });

  it.each([
    ['with tags', { offsetNs: 0, values: new Map([['a', 1]]), tags: new Map([['lot', '1']]) }],
    [
      'of so many metrics that doubles may save a write unit',
      {
        offsetNs: 0,
        values: new Map(Array.from({ length: 5 }, (_metric, index) => [`m${index}`, index])),
        tags: new Map<string, string>(),
      },
    ],
    ['of a file', { offsetNs: 0, values: new Map([['a', 1]]), tags: new Map(), place: 7 }],
  ])('is left to the builder when it is one %s', (_, row) => {
    expect(isSealedAsOne(row)).toBe(false);
  });
});
