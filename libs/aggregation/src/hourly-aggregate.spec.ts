import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aReading, anInstant } from '../../../test/support/readings.js';
import { foldReadings, type HourMetrics } from './hourly-aggregate.js';

/** The example of the HTTP contract: 20 samples that amount to 1500.75, from 70.1 to 81.3. */
const TWENTY = [
  70.1, 81.3, 75.25, 74.9, 75.1, 75, 75.2, 74.8, 75.05, 74.95, 75.3, 74.7, 75.15, 74.85, 75.4, 74.6,
  75.5, 74.5, 74.1, 75,
];

function readingAt(second: number, value: number) {
  const timestamp = new Date(Date.UTC(2023, 7, 31, 8) + second * 1000).toISOString();
  return aReading({ timestamp, value });
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
      aReading({ timestamp: '2023-02-15T06:00:00Z', values: { temperature: 75.5, pressure: 2.3 } }),
      aReading({ timestamp: '2023-02-15T06:00:01Z', values: { pressure: 2.5 } }),
    ];

    const metrics = foldReadings(readings);

    expect(metrics.get('temperature')?.count).toBe(1);
    expect(metrics.get('pressure')?.total.toString()).toBe('4.8');
  });

  it('has room for metrics that objects have already', () => {
    const metrics = foldReadings([aReading({ values: { constructor: 1, toString: 2 } })]);

    expect(plain(metrics).map(([metric, total]) => [metric, total])).toEqual([
      ['constructor', '1'],
      ['toString', '2'],
    ]);
  });

  it('of a million times 0.1 gives 100000', { timeout: 30_000 }, () => {
    function* million() {
      const reading = aReading({ value: 0.1 });
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

  it('does not depend on the order of the readings or on how they are paged', () => {
    const value = fc.double({ min: -1e100, max: 1e100, noNaN: true }).map((v) => v + 0);
    const readings = fc
      .uniqueArray(fc.integer({ min: 0, max: 3599 }), { minLength: 1, maxLength: 30 })
      .chain((seconds) =>
        fc.tuple(...seconds.map((second) => value.map((v) => readingAt(second, v)))),
      );
    const shuffled = readings.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length }),
        fc.nat({ max: list.length }),
      ),
    );

    fc.assert(
      fc.property(shuffled, ([list, other, cut]) => {
        const paged = foldReadings(other.slice(cut), foldReadings(other.slice(0, cut)));

        expect(plain(paged)).toEqual(plain(foldReadings(list)));
      }),
      { numRuns: 200, seed: 20_230_831 },
    );
  });
});
