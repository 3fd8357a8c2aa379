import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anInstant, aStoredReading } from '../../../../test/support/readings.js';
import {
  foldReadings,
  joinEquipment,
  joinInTime,
  type HourMetrics,
  type MetricAggregate,
} from './hourly-aggregate.js';

/** The example of the HTTP contract: 20 samples that amount to 1500.75, from 70.1 to 81.3. */
const TWENTY = [
  70.1, 81.3, 75.25, 74.9, 75.1, 75, 75.2, 74.8, 75.05, 74.95, 75.3, 74.7, 75.15, 74.85, 75.4, 74.6,
  75.5, 74.5, 74.1, 75,
];

function readingAt(second: number, value: number) {
  const timestamp = new Date(Date.UTC(2023, 7, 31, 8) + second * 1000).toISOString();
  return aStoredReading({ timestamp, value });
}

function plain(metrics: HourMetrics) {
  return [...metrics].map(([metric, { total, ...rest }]) => [metric, total.toString(), rest]);
}

describe('folding the readings of an hour', () => {
  it('gives count, exact total, extremes, first and last', () => {
    const readings = TWENTY.map((value, second) => readingAt(second, value));

    const aggregate = foldReadings(readings).get('value');

    expect(aggregate?.total.toString()).toBe('1500.75');
    expect(aggregate?.total.dividedByCount(20)).toBe(75.0375);
    expect(aggregate).toMatchObject({
      count: 20,
      min: 70.1,
      max: 81.3,
      first: 70.1,
      last: 75,
      firstAt: anInstant('2023-08-31T08:00:00Z'),
      lastAt: anInstant('2023-08-31T08:00:19Z'),
    });
  });

  it('keeps the metrics of a reading apart', () => {
    const readings = [
      aStoredReading({
        timestamp: '2023-02-15T06:00:00Z',
        values: { temperature: 75.5, pressure: 2.3 },
      }),
      aStoredReading({ timestamp: '2023-02-15T06:00:01Z', values: { pressure: 2.5 } }),
    ];

    const metrics = foldReadings(readings);

    expect(metrics.get('temperature')?.count).toBe(1);
    expect(metrics.get('pressure')?.total.toString()).toBe('4.8');
  });

  it('has room for metrics that objects have already', () => {
    const metrics = foldReadings([aStoredReading({ values: { constructor: 1, toString: 2 } })]);

    expect(plain(metrics).map(([metric, total]) => [metric, total])).toEqual([
      ['constructor', '1'],
      ['toString', '2'],
    ]);
  });

  it('of a million times 0.1 gives 100000', { timeout: 30_000 }, () => {
    function* million() {
      const reading = aStoredReading({ value: 0.1 });
      for (let i = 0; i < 1_000_000; i += 1) yield reading;
    }

    const aggregate = foldReadings(million()).get('value');

    expect(aggregate?.total.toString()).toBe('100000');
    expect(aggregate?.count).toBe(1_000_000);
  });

  it('keeps small values beside huge ones', () => {
    const readings = [1e16, 1, -1e16, 1e-9].map((value, second) => readingAt(second, value));

    expect(foldReadings(readings).get('value')?.total.toString()).toBe('1.000000001');
  });

  it('of nothing is nothing', () => {
    expect(foldReadings([]).size).toBe(0);
  });

  it('keeps 1e15 and 1e-15 in one hour, digit for digit', () => {
    const readings = [1e15, 1e-15, 1e15, 1e-15].map((value, second) => readingAt(second, value));

    const aggregate = foldReadings(readings).get('value');

    expect(aggregate?.total.toString()).toBe('2000000000000000.000000000000002');
  });

  it('says how many came after their hour, and how long the longest silence was', () => {
    const received = (timestamp: string, registerTime: string) =>
      aStoredReading({ timestamp, registerTime });
    const readings = [
      received('2023-08-31T08:00:00Z', '2023-08-31T08:00:01Z'),
      received('2023-08-31T08:00:00.5Z', '2023-08-31T08:59:59.999999999Z'),
      received('2023-08-31T08:40:00.500000001Z', '2023-08-31T09:00:00Z'),
      received('2023-08-31T08:59:00Z', '2023-09-01T00:00:00Z'),
    ];

    const aggregate = foldReadings(readings).get('value');

    expect(aggregate).toMatchObject({ late: 2, largestGapNs: 2_400_000_000_001 });
  });

  it('of one reading has no silence', () => {
    expect(foldReadings([readingAt(5, 1)]).get('value')?.largestGapNs).toBe(0);
  });

  const someReadings = fc
    .uniqueArray(fc.integer({ min: 0, max: 3599 }), { minLength: 1, maxLength: 30 })
    .chain((seconds) =>
      fc.tuple(
        ...seconds
          .sort((a, b) => a - b)
          .map((second) =>
            fc
              .double({ min: -1e100, max: 1e100, noNaN: true })
              .map((value) => readingAt(second, value + 0)),
          ),
      ),
    );

  it('does not depend on how the readings are paged, nor on where the hour is cut', () => {
    fc.assert(
      fc.property(someReadings, fc.nat({ max: 30 }), (readings, cut) => {
        const [before, after] = [readings.slice(0, cut), readings.slice(cut)];

        const whole = plain(foldReadings(readings));
        expect(plain(foldReadings(after, foldReadings(before)))).toEqual(whole);
        expect(plain(joinInTime([foldReadings(before), foldReadings(after)]))).toEqual(whole);
      }),
      { numRuns: 200, seed: 20_230_831 },
    );
  });
});

describe('joining the hours of many equipment', () => {
  const few = fc.integer({ min: 0, max: 3 });
  const oneEquipment = fc
    .uniqueArray(few, { minLength: 1, maxLength: 3 })
    .chain((seconds) =>
      fc.tuple(
        ...seconds
          .sort((a, b) => a - b)
          .map((second) => few.map((value) => readingAt(second, value / 10))),
      ),
    )
    .map((readings) => foldReadings(readings));

  it('gives the same digits in whichever order and grouping', () => {
    const fleet = fc.array(oneEquipment, { minLength: 1, maxLength: 8 });
    const twice = fleet.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length }),
        fc.nat({ max: list.length }),
      ),
    );

    fc.assert(
      fc.property(twice, ([list, other, cut]) => {
        const shards = [joinEquipment(other.slice(0, cut)), joinEquipment(other.slice(cut))];

        expect(plain(joinEquipment(shards))).toEqual(plain(joinEquipment(list)));
      }),
      { numRuns: 500, seed: 20_261_122 },
    );
  });

  it('takes the smallest value of the first instant and the largest of the last', () => {
    const joined = joinEquipment([2, 1, 3].map((value) => foldReadings([readingAt(0, value)])));

    expect(joined.get('value')).toMatchObject({ count: 3, first: 1, last: 3 });
  });

  it('measures silence within each equipment, not between them', () => {
    const [early, late] = [foldReadings([readingAt(0, 1)]), foldReadings([readingAt(3000, 1)])];

    const joined: MetricAggregate | undefined = joinEquipment([early, late]).get('value');

    expect(joined?.largestGapNs).toBe(0);
  });
});
