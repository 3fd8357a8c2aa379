import type { LiveReading } from '../live/live.tsx';
import type { TimeRange } from '../time/range.ts';

/**
 * When the service received the latest of the readings that change the sums of a metric in a range, in epoch
 * milliseconds; undefined for none. One that was removed names the metric only where others of it stay.
 */
export function latestReceiptIn(
  readings: readonly LiveReading[],
  metric: string,
  { fromEpochMs, toEpochMs }: Pick<TimeRange, 'fromEpochMs' | 'toEpochMs'>,
): number | undefined {
  let latest: number | undefined;
  for (const { timestamp, registerTime, values, removed } of readings) {
    const at = Date.parse(timestamp);
    const isInView = at >= fromEpochMs && at < toEpochMs;
    if (!isInView || (!removed && values[metric] === undefined)) continue;
    latest = Math.max(latest ?? 0, Date.parse(registerTime));
  }
  return latest;
}
