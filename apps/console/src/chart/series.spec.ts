import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seriesOfHours, seriesOfReadings, thinned, type Series } from './series.ts';

describe('the line through readings', () => {
  it('is broken where the equipment was silent', () => {
    const at = [0, 10, 20, 60, 70];

    expect(seriesOfReadings(at.map((each) => ({ at: each, value: each })))).toEqual({
      at: [0, 10, 20, 40, 60, 70],
      values: [0, 10, 20, null, 60, 70],
    });
  });

  it('of one reading, or of none, is no line', () => {
    expect(seriesOfReadings([{ at: 5, value: 1 }])).toEqual({ at: [5], values: [1] });
    expect(seriesOfReadings([])).toEqual({ at: [], values: [] });
  });
});

describe('the line through hours', () => {
  it('stands in their middle, has a band, and is broken where hours are missing', () => {
    const hours = [0, 3600, 10_800].map((at) => ({ at, value: 2, min: 1, max: 3 }));

    expect(seriesOfHours(hours)).toEqual({
      at: [1800, 5400, 9000, 12_600],
      values: [2, 2, null, 2],
      lowest: [1, 1, null, 1],
      highest: [3, 3, null, 3],
    });
  });
});

describe('thinning', () => {
  const aSeries = fc
    .array(fc.option(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { nil: null }), {
      minLength: 1,
      maxLength: 500,
    })
    .map((values): Series => ({ at: values.map((_, index) => index), values }));

  it('keeps order, ends, extremes and some of every gap, and little else', () => {
    fc.assert(
      fc.property(aSeries, fc.integer({ min: 1, max: 40 }), (series, buckets) => {
        const { at, values } = thinned(series, buckets);
        const known = (all: readonly (number | null)[]) => all.filter((value) => value !== null);

        expect(at).toEqual([...new Set(at)].toSorted((a, b) => a - b));
        expect([at[0], at.at(-1)]).toEqual([series.at[0], series.at.at(-1)]);
        expect(Math.max(...known(values))).toBe(Math.max(...known(series.values)));
        expect(Math.min(...known(values))).toBe(Math.min(...known(series.values)));
        expect(values.includes(null)).toBe(series.values.includes(null));
        expect(at.length).toBeLessThanOrEqual(Math.max(4 * buckets, 5 * (buckets + 1)));
        expect(at.every((each, index) => series.values[each] === values[index])).toBe(true);
      }),
    );
  });
});
