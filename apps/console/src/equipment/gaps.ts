import { GAPS, usualGap } from '../chart/series.ts';

const HOUR_MS = 3_600_000;

/** A time without readings. */
export interface Gap {
  readonly fromEpochMs: number;
  readonly toEpochMs: number;
}

/**
 * Times without readings, the longest first: more than some usual gaps between two, or up to now after the last.
 *
 * @param instants of the readings, in order of time
 * @param endEpochMs of the range, or now if that is earlier
 */
export function gapsBetween(instants: readonly number[], endEpochMs: number): readonly Gap[] {
  const longest = GAPS * usualGap(instants.map((at) => ({ at })));
  return gapsOver(longest, [...instants, endEpochMs]);
}

/** The same where only hours are known: those of which there is none. */
export function missingHours(starts: readonly number[], endEpochMs: number): readonly Gap[] {
  return starts
    .map((start, index): Gap => {
      const next = starts[index + 1] ?? Math.floor(endEpochMs / HOUR_MS) * HOUR_MS;
      return { fromEpochMs: start + HOUR_MS, toEpochMs: next };
    })
    .filter(({ fromEpochMs, toEpochMs }) => toEpochMs > fromEpochMs)
    .toSorted(longestFirst);
}

function gapsOver(longest: number, instants: readonly number[]): readonly Gap[] {
  return instants
    .slice(1)
    .map((at, index) => ({ fromEpochMs: instants[index] ?? at, toEpochMs: at }))
    .filter(({ fromEpochMs, toEpochMs }) => toEpochMs - fromEpochMs > longest)
    .toSorted(longestFirst);
}

function longestFirst(a: Gap, b: Gap): number {
  return b.toEpochMs - b.fromEpochMs - (a.toEpochMs - a.fromEpochMs);
}
