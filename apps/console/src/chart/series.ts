/** What a chart draws of one metric: instants in epoch seconds, and null where nothing is known. */
export interface Series {
  readonly at: readonly number[];
  readonly values: readonly (number | null)[];
  /** The band around an average. */
  readonly lowest?: readonly (number | null)[];
  readonly highest?: readonly (number | null)[];
}

export interface Point {
  readonly at: number;
  readonly value: number;
}

export interface Hour extends Point {
  readonly min: number;
  readonly max: number;
}

const SECONDS_PER_HOUR = 3600;
/** Silence of so many usual gaps is a gap that is seen. */
export const GAPS = 2.5;

/** @param points in order of time */
export function seriesOfReadings(points: readonly Point[]): Series {
  const longest = GAPS * usualGap(points);
  const at: number[] = [];
  const values: (number | null)[] = [];
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    if (before && point.at - before.at > longest) {
      at.push((before.at + point.at) / 2);
      values.push(null);
    }
    at.push(point.at);
    values.push(point.value);
  }
  return { at, values };
}

/** @param hours in order of time; each stands at its middle */
export function seriesOfHours(hours: readonly Hour[]): Series {
  const at: number[] = [];
  const values: (number | null)[] = [];
  const lowest: (number | null)[] = [];
  const highest: (number | null)[] = [];
  const add = (middle: number, hour: Hour | undefined) => {
    at.push(middle);
    values.push(hour?.value ?? null);
    lowest.push(hour?.min ?? null);
    highest.push(hour?.max ?? null);
  };
  for (const [index, hour] of hours.entries()) {
    const before = hours[index - 1];
    if (before && hour.at - before.at > SECONDS_PER_HOUR) {
      add(before.at + 1.5 * SECONDS_PER_HOUR, undefined);
    }
    add(hour.at + SECONDS_PER_HOUR / 2, hour);
  }
  return { at, values, lowest, highest };
}

/** The median time between two of them, in the unit of `at`; Infinity below two. */
export function usualGap(points: readonly Pick<Point, 'at'>[]): number {
  const gaps = points.slice(1).map(({ at }, index) => at - (points[index]?.at ?? at));
  return gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? Infinity;
}

/**
 * At most about four points for each bucket: its first and last one, its lowest and highest, and that it has a
 * gap. What is drawn looks the same, and no extreme is lost.
 */
export function thinned({ at, values }: Series, buckets: number): Series {
  if (at.length <= 4 * buckets) return { at, values };
  const [start = 0, end = 0] = [at[0], at.at(-1)];
  const length = (end - start) / buckets;
  const kept: number[] = [];
  for (let from = 0; from < at.length;) {
    const limit = start + (Math.floor(((at[from] ?? 0) - start) / length) + 1) * length;
    let to = from + 1;
    while (to < at.length && (at[to] ?? 0) < limit) to += 1;
    kept.push(...keptOf(values, from, to));
    from = to;
  }
  return {
    at: kept.map((index) => at[index] ?? 0),
    values: kept.map((index) => values[index] ?? null),
  };
}

function keptOf(values: readonly (number | null)[], from: number, to: number): readonly number[] {
  const kept = new Set([from, to - 1]);
  let [lowest, highest, gap]: (number | undefined)[] = [];
  for (let index = from; index < to; index += 1) {
    const value = values[index] ?? null;
    if (value === null) gap ??= index;
    else {
      if (value < (values[lowest ?? -1] ?? Infinity)) lowest = index;
      if (value > (values[highest ?? -1] ?? -Infinity)) highest = index;
    }
  }
  for (const index of [lowest, highest, gap]) if (index !== undefined) kept.add(index);
  return [...kept].sort((a, b) => a - b);
}
