import type { ScannedHour } from './aggregate-store.js';
import { hourPlus, type Hour, type HourRange } from './hour.js';

/** Reading them along costs less than one more query. */
const MOST_READINGS_BETWEEN = 250;
/** Of an hour without the metric: it may have readings of others. */
const READINGS_OF_OTHERS = 25;

/**
 * The hours of a range that must be folded, in runs of one query each. A run goes on across hours that need
 * not be folded when those hold little.
 *
 * @param isApart hours that are folded in another way, and never lie in a run
 */
export function runsToFold(
  { from, to }: HourRange,
  trusted: ReadonlyMap<Hour, ScannedHour>,
  isApart: (hour: Hour) => boolean,
): readonly HourRange[] {
  const runs: HourRange[] = [];
  let between = Infinity;
  for (let hour = from; hour < to; hour = hourPlus(hour, 1)) {
    const cell = trusted.get(hour);
    if (cell) between += cell.aggregate?.count ?? READINGS_OF_OTHERS;
    else if (isApart(hour)) between = Infinity;
    else {
      const last = between <= MOST_READINGS_BETWEEN ? runs.pop() : undefined;
      runs.push({ from: last?.from ?? hour, to: hourPlus(hour, 1) });
      between = 0;
    }
  }
  return runs;
}
