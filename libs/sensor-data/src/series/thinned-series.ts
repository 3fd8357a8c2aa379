/** What one metric measured, in order of time. */
export interface Samples {
  /** Epoch milliseconds. */
  readonly at: readonly number[];
  readonly values: readonly number[];
}

/** What a chart draws of one metric. */
export interface ThinnedSeries {
  /** Epoch milliseconds, in order. */
  readonly at: readonly number[];
  /** Null in the middle of a gap, so that no line is drawn across it. */
  readonly values: readonly (number | null)[];
  /** The median of the times between two samples; undefined before the second sample. */
  readonly usualGapMs: number | undefined;
}

/** The time that is drawn: the start included, the end excluded, in epoch milliseconds. */
export interface DrawnTime {
  readonly fromEpochMs: number;
  readonly toEpochMs: number;
}

/** A pause longer than this many usual gaps is shown as a gap. */
const GAPS = 2.5;

/**
 * Divides the time into equal buckets and keeps at most eight points of each: the first, last, lowest and highest sample,
 * and both sides of the longest gap with a null between them. A chart of that many columns looks the same, and no
 * extreme is lost. Samples are kept as they were sent; nothing is averaged.
 */
export function thinned(samples: Samples, time: DrawnTime, buckets: number): ThinnedSeries {
  const usualGapMs = medianGapOf(samples.at);
  const longestMs = GAPS * (usualGapMs ?? Infinity);
  const at: number[] = [];
  const values: (number | null)[] = [];
  for (const { index, mayShowGap } of keptOf(samples, time, buckets, longestMs)) {
    const [here = 0, value = 0] = [samples.at[index], samples.values[index]];
    const gapMs = here - (samples.at[index - 1] ?? here);
    if (mayShowGap && gapMs > longestMs) {
      at.push(here - gapMs / 2);
      values.push(null);
    }
    at.push(here);
    values.push(value);
  }
  return { at, values, usualGapMs };
}

interface KeptSample {
  readonly index: number;
  /** Whether a gap in front of it is shown: only at a bucket's start, and where its longest gap is. */
  readonly mayShowGap: boolean;
}

/** The samples that stay. */
function* keptOf(
  samples: Samples,
  { fromEpochMs, toEpochMs }: DrawnTime,
  buckets: number,
  longestMs: number,
): Generator<KeptSample> {
  const { at } = samples;
  const bucketMs = (toEpochMs - fromEpochMs) / buckets;
  for (let start = 0; start < at.length;) {
    const bucket = Math.floor(((at[start] ?? 0) - fromEpochMs) / bucketMs);
    const limit = fromEpochMs + (bucket + 1) * bucketMs;
    let end = start + 1;
    while (end < at.length && (at[end] ?? 0) < limit) end += 1;
    yield* keptOfBucket(samples, start, end, longestMs);
    start = end;
  }
}

function keptOfBucket(
  { at, values }: Samples,
  start: number,
  end: number,
  longestMs: number,
): readonly KeptSample[] {
  let [lowest, highest, behindGap, gapMs] = [start, start, -1, longestMs];
  for (let index = start + 1; index < end; index += 1) {
    const value = values[index] ?? 0;
    if (value < (values[lowest] ?? 0)) lowest = index;
    if (value > (values[highest] ?? 0)) highest = index;
    const gap = (at[index] ?? 0) - (at[index - 1] ?? 0);
    if (gap > gapMs) [behindGap, gapMs] = [index, gap];
  }
  const kept = new Set([start, lowest, highest, end - 1]);
  if (behindGap >= 0) kept.add(behindGap - 1).add(behindGap);
  const inOrder = [...kept].sort((a, b) => a - b);
  return inOrder.map((index) => ({ index, mayShowGap: index === start || index === behindGap }));
}

function medianGapOf(at: readonly number[]): number | undefined {
  if (at.length < 2) return undefined;
  const gaps = new Float64Array(at.length - 1);
  for (let index = 1; index < at.length; index += 1) {
    gaps[index - 1] = (at[index] ?? 0) - (at[index - 1] ?? 0);
  }
  gaps.sort();
  return gaps[gaps.length >> 1];
}
