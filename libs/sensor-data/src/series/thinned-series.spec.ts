import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thinned, type Samples } from './thinned-series.js';

const HOUR = { fromEpochMs: 0, toEpochMs: 3_600_000 };

function samplesAt(at: readonly number[], valueOf = (index: number) => index): Samples {
  return { at, values: at.map((_, index) => valueOf(index)) };
}

/** Whether something says between two instants that nothing is known there. */
function hasGapWithin(at: readonly number[], values: readonly unknown[], from: number, to: number) {
  return values.some((value, index) => {
    const here = at[index] ?? 0;
    return value === null && here > from && here < to;
  });
}

describe('few samples', () => {
  it('stay as they are', () => {
    const samples = samplesAt([0, 60_000, 120_000]);

    expect(thinned(samples, HOUR, 60)).toEqual({ ...samples, usualGapMs: 60_000 });
  });

  it('have a null in the middle of a silence of over 2.5 usual gaps', () => {
    const { at, values } = thinned(samplesAt([0, 10, 20, 60, 70, 95]), HOUR, 3_600_000);

    expect(at).toEqual([0, 10, 20, 40, 60, 70, 95]);
    expect(values).toEqual([0, 1, 2, null, 3, 4, 5]);
  });

  it.each([
    ['of none, nothing', [], undefined],
    ['of one, itself', [5], undefined],
    ['of two at one instant, both', [5, 5], 0],
  ])('%s is shown', (_, at, usualGapMs) => {
    expect(thinned(samplesAt(at), HOUR, 10)).toEqual({ ...samplesAt(at), usualGapMs });
  });
});

describe('many samples', () => {
  /** Of a device that is silent now and then. */
  const aDay = fc
    .array(
      fc.record({
        gapMs: fc.oneof(
          { weight: 20, arbitrary: fc.integer({ min: 900, max: 1100 }) },
          { weight: 1, arbitrary: fc.integer({ min: 2751, max: 400_000 }) },
        ),
        // Readings never have -0.
        value: fc.double({ noNaN: true, min: -1e9, max: 1e9 }).map((value) => value + 0),
      }),
      { minLength: 30, maxLength: 1500 },
    )
    .map((steps) => {
      let now = 0;
      const at = steps.map(({ gapMs }) => (now += gapMs));
      return { at, values: steps.map(({ value }) => value) };
    });

  it('keep their extremes, ends and gaps in each part of the time, and little else', () => {
    fc.assert(
      fc.property(aDay, fc.integer({ min: 1, max: 40 }), (samples, buckets) => {
        const time = { fromEpochMs: 0, toEpochMs: (samples.at.at(-1) ?? 0) + 1 };
        const { at, values, usualGapMs = 0 } = thinned(samples, time, buckets);
        const bucketOf = (instant: number) => Math.floor((instant / time.toEpochMs) * buckets);

        expect(at).toEqual(at.toSorted((a, b) => a - b));
        expect(at.length).toBeLessThanOrEqual(8 * buckets);
        for (let bucket = 0; bucket < buckets; bucket += 1) {
          const all = samples.values.filter((_, i) => bucketOf(samples.at[i] ?? 0) === bucket);
          const kept = values.filter(
            (value, i) => value !== null && bucketOf(at[i] ?? 0) === bucket,
          ) as readonly number[];
          expect(kept.length > 0).toBe(all.length > 0);
          if (all.length === 0) continue;
          expect([kept[0], kept.at(-1)]).toEqual([all[0], all.at(-1)]);
          expect([Math.min(...kept), Math.max(...kept)]).toEqual([
            Math.min(...all),
            Math.max(...all),
          ]);
        }
        const longMs = Math.max(2.5 * usualGapMs, (2 * time.toEpochMs) / buckets);
        const hidden = samples.at.filter((here, index) => {
          const before = samples.at[index - 1] ?? here;
          return here - before > longMs && !hasGapWithin(at, values, before, here);
        });
        expect(hidden).toEqual([]);
      }),
    );
  });

  it('have at most eight points in a part with many gaps', () => {
    const gaps = Array.from({ length: 61 }, (_, i): number => (i % 10 === 0 ? 2751 : 900));
    gaps[30] = 5000;
    let now = 0;
    const at = gaps.map((gapMs) => (now += gapMs));
    // The lowest, the highest and the last sample are behind gaps that are not the longest.
    const values = at.map((_, index) => (index === 20 ? -1 : index === 40 ? 1 : 0));

    const time = { fromEpochMs: 0, toEpochMs: now + 1 };

    expect(thinned({ at, values }, time, 1).at.length).toBeLessThanOrEqual(8);
  });

  it('are never invented', () => {
    fc.assert(
      fc.property(aDay, fc.integer({ min: 1, max: 40 }), (samples, buckets) => {
        const { at, values } = thinned(samples, HOUR, buckets);

        const sent = new Set(samples.at.map((here, i) => `${here} ${samples.values[i]}`));
        const shown = at.flatMap((here, i) => (values[i] === null ? [] : [`${here} ${values[i]}`]));
        expect(shown.filter((each) => !sent.has(each))).toEqual([]);
      }),
    );
  });

  it('show the longest silence of a part, however short it is drawn', () => {
    const at = Array.from({ length: 600 }, (_, index) => index * 1000 + (index >= 300 ? 9000 : 0));

    const { at: shown, values } = thinned(samplesAt(at), { fromEpochMs: 0, toEpochMs: 1e6 }, 1);

    expect(hasGapWithin(shown, values, 299_000, 309_000)).toBe(true);
  });
});
