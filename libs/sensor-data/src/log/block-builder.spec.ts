import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogRow } from './block-builder.js';
import type { Origin, ReadingsBlock, StoredBlock } from './block.js';
import { HOUR_NS } from './hour-time.js';
import { longest, series, usual, wide } from '../../../../test/support/log-rows.js';
import { packRows } from './pack-rows.js';
import { readBlock } from './read-block.js';

const EQUIPMENT = 'LINE-1:PUMP-0042';
const HOUR = '2026-11-30T08';
const STAMP = { epochMicros: 1_764_489_600_123_456, source: '0123456789' };
const USER = { by: '6d0e9c1a-0000-4000-8000-1234567890ab' };
const MINUTE_NS = 60e9;

const aNumber = fc.oneof(
  fc.constantFrom(0, 1e-100, -1e100, 0.1, 78.42000000000002, 1e21, 5e-324 * 2 ** 1000),
  fc.double({ min: -1e100, max: 1e100, noNaN: true }).map((value) => value + 0),
);
const aRow = fc.record({
  offsetNs: fc.oneof(
    fc.integer({ min: 0, max: HOUR_NS - 1 }),
    fc.integer({ min: 0, max: 3_599_999 }).map((ms) => ms * 1e6),
    fc.integer({ min: 0, max: 3599 }).map((seconds) => seconds * 1e9),
  ),
  values: fc
    .array(fc.tuple(fc.constantFrom('value', 'constructor', 'a.b-c'), aNumber), {
      minLength: 1,
      maxLength: 4,
    })
    .map((entries) => new Map(entries)),
  tags: fc
    .array(fc.tuple(fc.constantFrom('cipId', 'toString'), fc.string({ minLength: 1 })), {
      maxLength: 2,
    })
    .map((entries) => new Map(entries.filter(([, text]) => text.isWellFormed()))),
});

describe('packing readings into blocks', () => {
  it('keeps every digit, every nanosecond, every tag, and the order of equal instants', () => {
    fc.assert(
      fc.property(
        fc.array(aRow, { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        (rows, isImport) => {
          const placed = isImport
            ? rows.map((row, index) => ({ ...row, place: 1000 - index }))
            : rows;

          const blocks = packed(placed, isImport ? { importId: 'i' } : {}).map(readBlock);

          expect(blocks.flatMap(rowsOf)).toEqual(
            placed.toSorted((a, b) => a.offsetNs - b.offsetNs).map(plain),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is legible in the console, unless doubles save a write unit', () => {
    const [regular] = packed(series(60, MINUTE_NS, usual), {});
    const [long] = packed(series(50, 1e9, longest), USER);

    expect(regular?.instants).toBe('s0 60*59');
    expect(regular?.columns?.get('temperature')).toMatch(/^20 20\.37 20\.74 /);
    expect(long?.columns?.get('temperature')).toBeInstanceOf(Uint8Array);
  });

  it('writes a steady series in next to nothing', () => {
    const [block] = packed(series(3600, 1e9, () => 21.5).slice(0, 240), {});

    expect(block?.instants).toBe('s0 1*239');
    expect(block?.columns).toEqual(new Map([['temperature', '21.5*240']]));
  });

  it('takes a reading that is larger than that alone', () => {
    const rows = [wide(64, 64, longest), wide(64, 64, longest)];

    expect(packed(rows, USER)).toHaveLength(2);
  });

  it('leaves a late reading beside new ones in a block of its own', () => {
    const late = series(1, 1, usual, 0, 5 * MINUTE_NS);
    const fresh = series(10, 1e9, usual, 0, 40 * MINUTE_NS);

    const keys = packed([...fresh, ...late], {}).map(({ key }) => key);

    expect(keys.map((key) => key.slice(0, 21))).toEqual([`${HOUR}#s#05:00`, `${HOUR}#m#40:09`]);
  });
});

describe('a block that SensorFlow never wrote', () => {
  const good = packed(series(3, 1e9, usual), {})[0];

  it.each([
    ['a key of something else', { key: '2026-11-30' }],
    ['a stamp that is none', { key: `${HOUR}#s#00:02#XYZ` }],
    ['instants that end elsewhere', { instants: 's0 1 2' }],
    ['instants beyond the hour', { instants: 's0 1 3599' }],
    ['instants without a unit', { instants: '0 1*2' }],
    ['more repeats than a block holds', { instants: 's0 0*99999' }],
    ['a column that is too short', { columns: new Map([['a', '1 2']]) }],
    ['a column that is too long', { columns: new Map([['a', '1*4']]) }],
    ['a number that is none', { columns: new Map([['a', '1 x 3']]) }],
    ['a number without end', { columns: new Map([['a', '1 Infinity 3']]) }],
    ['half a double', { columns: new Map([['a', new Uint8Array(23)]]) }],
    ['no columns', { columns: new Map() }],
    ['tags that are no JSON', { tags: '[[3,' }],
    ['tags for fewer readings', { tags: '[[2,{}]]' }],
    ['tags that are no texts', { tags: '[[3,{"a":1}]]' }],
    ['places for fewer readings', { places: '1 1' }],
    ['a removal from behind its end', { removes: { from: 'n3000000001' } }],
  ])('is refused: %s', (_name, change) => {
    expect(() => readBlock({ ...(good as StoredBlock), ...change })).toThrow(/is unreadable/);
  });
});

function packed(rows: readonly LogRow[], origin: Origin): readonly StoredBlock[] {
  return packRows(EQUIPMENT, HOUR, origin, rows).map(({ block }) => block.seal(STAMP));
}

interface PlainRow {
  readonly offsetNs: number;
  readonly values: readonly (readonly [string, number])[];
  readonly tags: readonly (readonly [string, string])[];
  readonly place: number | undefined;
}

function plain({ offsetNs, values, tags, place }: LogRow): PlainRow {
  return { offsetNs, values: byName(values), tags: byName(tags), place };
}

function rowsOf(block: ReturnType<typeof readBlock>): readonly PlainRow[] {
  if (block.kind !== 'readings') throw new TypeError(block.kind);
  const { offsetsNs, columns, tags, places }: ReadingsBlock = block;
  return offsetsNs.map((offsetNs, index) => {
    const values = Array.from(
      columns,
      ([metric, numbers]) => [metric, numbers[index] ?? NaN] as const,
    );
    return {
      offsetNs,
      values: byName(values.filter(([, value]) => !Number.isNaN(value))),
      tags: byName(tags[index] ?? []),
      place: places[index],
    };
  });
}

function byName<T>(entries: Iterable<readonly [string, T]>): readonly (readonly [string, T])[] {
  return [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
