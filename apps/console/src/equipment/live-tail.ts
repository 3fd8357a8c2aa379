import { useQueryClient } from '@tanstack/react-query';
import type { components } from '#console-api';
import { useBatched, useLiveReadings, type LiveReading } from '../live/live.tsx';
import type { TimeRange } from '../time/range.ts';

type Reading = components['schemas']['Reading'];
type MetricSeries = components['schemas']['MetricSeries'];

const DRAW_MS = 250;
const CHANGED_MS = 1_000;
/** Hours are folded when they are asked for. */
const HOURS_MS = 10_000;
/** As the API judges it. */
const GAPS = 2.5;

/** Writes what arrives behind the readings in view; what has changed among them is asked for again. */
export function useLiveTail(
  equipmentId: string,
  { name, fromEpochMs, toEpochMs }: TimeRange,
): void {
  const client = useQueryClient();
  const askAgain = useBatched<unknown>(CHANGED_MS, () => {
    for (const kind of ['readings', 'series', 'hours']) {
      void client.invalidateQueries({ queryKey: [kind, equipmentId] });
    }
  });
  const askForHours = useBatched<unknown>(HOURS_MS, () => {
    void client.invalidateQueries({ queryKey: ['hours', equipmentId] });
  });
  const draw = useBatched<LiveReading>(DRAW_MS, (arrived) => {
    const range = ['readings', equipmentId, fromEpochMs, toEpochMs] as const;
    const readings = client.getQueryData<readonly Reading[] | null>(range);
    if (readings) client.setQueryData(range, withArrived(readings, arrived));
    client.setQueriesData<readonly MetricSeries[]>(
      { queryKey: ['series', equipmentId, fromEpochMs, toEpochMs] },
      (series) => series?.map((each) => withTail(each, arrived)),
    );
  });
  useLiveReadings([equipmentId], {
    onReadings: (readings) => {
      const inView = readings.filter(({ equipmentId: of, timestamp }) => {
        const at = Date.parse(timestamp);
        return of === equipmentId && at >= fromEpochMs && at < toEpochMs;
      });
      if (inView.length === 0) return;
      if (inView.some(({ removed }) => removed)) askAgain(['removed']);
      else draw(inView);
      // A range that stands still is seldom written to, and then it is a correction.
      if (name === undefined) askAgain(['corrected']);
      else askForHours(['arrived']);
    },
    onChanged: (changed) => {
      if (changed === equipmentId) askAgain(['changed']);
    },
  });
}

/** In order of time; of one instant, metrics of several messages stand together. */
export function withArrived(
  readings: readonly Reading[],
  arrived: readonly Reading[],
): readonly Reading[] {
  const last = readings.at(-1)?.timestamp ?? '';
  const isBehind = arrived.every(({ timestamp }, index) => {
    const before = index === 0 ? last : (arrived[index - 1]?.timestamp ?? '');
    return Date.parse(timestamp) > (before === '' ? -Infinity : Date.parse(before));
  });
  if (isBehind) return [...readings, ...arrived];
  const byTime = new Map(readings.map((reading) => [reading.timestamp, reading]));
  for (const reading of arrived) {
    const before = byTime.get(reading.timestamp);
    const values = { ...before?.values, ...reading.values };
    byTime.set(reading.timestamp, { ...reading, values });
  }
  return [...byTime.values()].sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp));
}

/** Behind the end alone: what lies further back comes with the next answer. */
export function withTail(series: MetricSeries, arrived: readonly Reading[]): MetricSeries {
  const { metric, usualGapSeconds } = series;
  const [at, values] = [[...series.at], [...series.values]];
  for (const { timestamp, values: of } of arrived) {
    const value = of[metric];
    const [here, last] = [Date.parse(timestamp), at.at(-1) ?? -Infinity];
    if (value === undefined || here <= last) continue;
    if (here - last > GAPS * 1000 * (usualGapSeconds ?? Infinity)) {
      at.push((here + last) / 2);
      values.push(null);
    }
    at.push(here);
    values.push(value);
  }
  return at.length === series.at.length ? series : { ...series, at, values };
}
