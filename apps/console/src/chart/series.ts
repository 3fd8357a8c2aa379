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

/** @param points as the API thinned them, with null in its gaps; instants in epoch milliseconds */
export function seriesOfThinned({
  at,
  values,
}: {
  readonly at: readonly number[];
  readonly values: readonly (number | null)[];
}): Series {
  return { at: at.map((each) => each / 1000), values };
}

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
