import type { MetricAggregate } from '@sensorflow/aggregation';
import { foldReadings } from '@sensorflow/aggregation/hours/hourly-aggregate.js';
import { describe, expect, it } from 'vitest';
import { anInstant, aStoredReading } from '../../../test/support/readings.js';
import { differencesAt, FIELD_NAMES, stillFound, type Difference } from './difference.js';

const PLACE = {
  level: 'equipment-hour',
  equipmentId: 'EQ-1',
  metric: 'value',
  start: anInstant('2023-02-15T06:00:00Z'),
  version: 7,
} as const;

function anAggregate(...values: readonly number[]): MetricAggregate {
  const readings = values.map((value, minute) =>
    aStoredReading({ timestamp: `2023-02-15T06:0${minute}:00Z`, value }),
  );
  const aggregate = foldReadings(readings).get('value');
  if (!aggregate) throw new Error('no readings');
  return aggregate;
}

function aDifference(words: Partial<Difference> = {}): Difference {
  return { ...PLACE, field: 'total', stored: '1', recomputed: '2', ...words };
}

describe('two aggregates of one place', () => {
  it('that are equal digit for digit have no difference', () => {
    expect(differencesAt(PLACE, anAggregate(0.1, 1e15), anAggregate(0.1, 1e15))).toEqual([]);
  });

  it('that are both absent have none', () => {
    expect(differencesAt(PLACE, undefined, undefined)).toEqual([]);
  });

  it('differ in the last digit of a total that doubles could not tell apart', () => {
    const stored = anAggregate(1e15, 1e-15);
    const recomputed = { ...stored, total: anAggregate(1e15).total };

    expect(differencesAt(PLACE, stored, recomputed)).toEqual([
      {
        ...PLACE,
        field: 'total',
        stored: '1000000000000000.000000000000001',
        recomputed: '1000000000000000',
      },
    ]);
  });

  it.each([
    ['count', { count: 3 }],
    ['total', { total: anAggregate(9).total }],
    ['min', { min: 0.5 }],
    ['max', { max: 7 }],
    ['first', { first: 7 }],
    ['last', { last: 7 }],
    ['firstTimestamp', { firstAt: anInstant('2023-02-15T06:00:00.000000001Z') }],
    ['lastTimestamp', { lastAt: anInstant('2023-02-15T06:30:00Z') }],
    ['lateCount', { late: 0 }],
    ['largestGapNs', { largestGapNs: 1 }],
  ] satisfies [string, Partial<MetricAggregate>][])('differ in %s alone', (field, change) => {
    const stored = anAggregate(1, 2);

    const found = differencesAt(PLACE, stored, { ...stored, ...change });

    expect(found.map((difference) => difference.field)).toEqual([field]);
  });

  it('differ in every field when one is missing, whose values are null', () => {
    const missing = differencesAt(PLACE, undefined, anAggregate(1));
    const ghost = differencesAt(PLACE, anAggregate(1), undefined);

    expect(missing.map(({ field }) => field)).toEqual(FIELD_NAMES);
    expect(missing.find(({ field }) => field === 'total')).toMatchObject({
      stored: null,
      recomputed: '1',
    });
    expect(ghost.find(({ field }) => field === 'total')).toMatchObject({
      stored: '1',
      recomputed: null,
    });
  });
});

describe('a difference', () => {
  it('counts when the second comparison finds the same stored value, whatever the readings say by then', () => {
    expect(stillFound([aDifference()], [aDifference({ recomputed: '3' })])).toHaveLength(1);
  });

  it('of a missing cell counts when it is still missing', () => {
    const missing = aDifference({ stored: null, version: 0 });

    expect(stillFound([missing], [missing])).toEqual([missing]);
  });

  it('of a switch, whose last value is the same again, does not count when the cell has moved', () => {
    const last = aDifference({ field: 'last', stored: '0', recomputed: '1' });
    const first = [aDifference({ field: 'count', stored: '10', recomputed: '11' }), last];
    const second = [
      aDifference({ field: 'count', stored: '15', recomputed: '16', version: 8 }),
      { ...last, version: 8 },
    ];

    expect(stillFound(first, second)).toEqual([]);
  });

  it('does not count when another field of its cell agrees with the readings by then', () => {
    const total = aDifference();

    expect(stillFound([aDifference({ field: 'count' }), total], [total])).toEqual([]);
  });

  it.each([
    ['the cell has moved meanwhile', [aDifference({ version: 8, stored: '1.5' })]],
    ['the cell has moved, and its digits came back', [aDifference({ version: 8 })]],
    ['the cell was missing at first', [aDifference({ version: 1 })], aDifference({ version: 0 })],
    ['it is gone', []],
    ['it is of another field', [aDifference({ field: 'count' })]],
    ['it is of another shard', [aDifference({ shard: 1 })]],
  ] satisfies [string, Difference[], Difference?][])(
    'does not count when %s',
    (_, second, first = aDifference()) => {
      expect(stillFound([first], second)).toEqual([]);
    },
  );
});
