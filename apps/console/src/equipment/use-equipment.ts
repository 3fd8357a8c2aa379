import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import type { components } from '#console-api';
import { api, body } from '../api/client.ts';
import { useRefreshMs } from '../live/live.tsx';
import { wholeHours, type TimeRange } from '../time/range.ts';
import { useLiveTail } from './live-tail.ts';

export type Reading = components['schemas']['Reading'];
export type Aggregates = components['schemas']['Aggregates'];
export type MetricSeries = components['schemas']['MetricSeries'];

const PAGE = 1000;
/** So many readings are shown one by one; of more, the API thins them. */
const MOST_READINGS = 2 * PAGE;
/** A longer range is not even tried: a reading a minute is more than that. */
const LONGEST_OF_READINGS_MS = 4 * 24 * 3_600_000;
const MOST_METRICS = 100;
/** Parts of a chart's width; each has its extremes. */
const BUCKETS = 600;
/** Of longer ranges, and of more readings of a metric, hours are shown. */
const LONGEST_OF_SERIES_MS = 62 * 24 * 3_600_000;
const MOST_THINNED = 200_000;
/** Each is up to five seconds of the service's work. */
const MOST_PARTS = 4;
/** The tail comes by the feed; the rest is thinned anew so often. */
const SERIES_MS = 60_000;

/** A range that follows the clock is asked for again and again, beside what the feed tells. */
function useRefreshOf({ name }: TimeRange): number | false {
  const refreshMs = useRefreshMs();
  return name === undefined ? false : refreshMs;
}

export function useMetrics(equipmentId: string) {
  return useQuery({
    queryKey: ['metrics', equipmentId],
    queryFn: ({ signal }) => {
      const params = { path: { equipmentId }, query: { limit: MOST_METRICS } };
      return body(api.GET('/equipment/{equipmentId}/metrics', { params, signal }));
    },
    staleTime: 60_000,
  });
}

/** The hours of each metric, with how complete they are. */
export function useHours(equipmentId: string, metrics: readonly string[], range: TimeRange) {
  return useHoursOfAll([equipmentId], metrics, range);
}

/** The same of several equipment: of the first all metrics, then of the next. */
export function useHoursOfAll(
  equipmentIds: readonly string[],
  metrics: readonly string[],
  range: TimeRange,
) {
  const { fromEpochMs, toEpochMs } = range;
  const refetchInterval = useRefreshOf(range);
  return useQueries({
    queries: equipmentIds.flatMap((equipmentId) =>
      metrics.map((metric) => ({
        queryKey: ['hours', equipmentId, metric, fromEpochMs, toEpochMs],
        queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
          allHours(equipmentId, metric, range, signal),
        refetchInterval,
        placeholderData: keepPreviousData,
      })),
    ),
    combine: togetherOf,
  });
}

interface Together {
  /** Undefined until all are there. */
  readonly data: readonly Aggregates[] | undefined;
  readonly error: Error | null;
}

function togetherOf(
  results: readonly { readonly data: Aggregates | undefined; readonly error: Error | null }[],
): Together {
  const data = results.flatMap((result) => result.data ?? []);
  const failed = results.find((result) => result.error && !result.data);
  return { data: data.length === results.length ? data : undefined, error: failed?.error ?? null };
}

async function allHours(
  equipmentId: string,
  metric: string,
  touched: TimeRange,
  signal: AbortSignal,
): Promise<Aggregates> {
  const hours = wholeHours(touched);
  const range = { equipmentId, metric, completeness: 'true', limit: PAGE, ...hours } as const;
  const items: Aggregates['items'][number][] = [];
  for (let cursor: string | undefined; ;) {
    const query = { ...range, ...(cursor !== undefined && { cursor }) };
    const page = await body(api.GET('/sensor-data/aggregated', { params: { query }, signal }));
    items.push(...page.items);
    if (page.nextCursor === null) return { ...page, items };
    cursor = page.nextCursor;
  }
}

/** Every reading of the range in order of time, or null when they are too many to be shown one by one. */
export function useReadings(equipmentId: string, range: TimeRange) {
  const { fromEpochMs, toEpochMs } = range;
  useLiveTail(equipmentId, range);
  const isLong = toEpochMs - fromEpochMs > LONGEST_OF_READINGS_MS;
  const { data, error } = useQuery({
    queryKey: ['readings', equipmentId, fromEpochMs, toEpochMs],
    queryFn: ({ signal }) => allReadings(equipmentId, range, signal),
    enabled: !isLong,
    refetchInterval: useRefreshOf(range),
    placeholderData: keepPreviousData,
  });
  return isLong ? TOO_MANY : { data, error };
}

const TOO_MANY = { data: null, error: null };

async function allReadings(
  equipmentId: string,
  { fromEpochMs, toEpochMs }: TimeRange,
  signal: AbortSignal,
): Promise<readonly Reading[] | null> {
  const [from, to] = [new Date(fromEpochMs).toISOString(), new Date(toEpochMs).toISOString()];
  const items: Reading[] = [];
  for (let cursor: string | undefined; ;) {
    const query = { from, to, limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const params = { path: { equipmentId }, query };
    const page = await body(api.GET('/sensor-data/{equipmentId}', { params, signal }));
    items.push(...page.items);
    if (page.nextCursor === null) return items;
    if (items.length >= MOST_READINGS) return null;
    cursor = page.nextCursor;
  }
}

/**
 * The readings of each metric, thinned; null where hours say more, and undefined until that is known. Asked for before
 * the hours are, so that a chart does not wait for them.
 *
 * @param readings null where they are too many to be shown one by one
 */
export function useSeries(
  equipmentId: string,
  metrics: readonly string[],
  range: TimeRange,
  readings: readonly Reading[] | null | undefined,
): readonly MetricSeries[] | null | undefined {
  const { fromEpochMs, toEpochMs } = range;
  const isShort = toEpochMs - fromEpochMs <= LONGEST_OF_SERIES_MS;
  const enabled = readings === null && isShort;
  const { data, error } = useQuery({
    queryKey: ['series', equipmentId, fromEpochMs, toEpochMs, metrics],
    queryFn: ({ signal }) => allSeries(equipmentId, metrics, range, signal),
    enabled,
    refetchInterval: ({ state }) =>
      state.data === null || range.name === undefined ? false : SERIES_MS,
    placeholderData: (before, query) =>
      query?.queryKey[1] === equipmentId && isSame(query.queryKey[4], metrics) ? before : undefined,
  });
  if (!isShort || (error && !data)) return null;
  return enabled ? data : undefined;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Null when it takes too many parts. */
async function allSeries(
  equipmentId: string,
  metric: readonly string[],
  { fromEpochMs, toEpochMs }: TimeRange,
  signal: AbortSignal,
): Promise<readonly MetricSeries[] | null> {
  const [start, to] = [fromEpochMs, toEpochMs].map((at) => new Date(at).toISOString());
  let series: readonly MetricSeries[] | undefined;
  let from: string | null = start ?? '';
  for (let parts = 0; from !== null; parts += 1) {
    const isMuch = series?.some(({ sampleCount }) => sampleCount >= MOST_THINNED) === true;
    if (isMuch || parts === MOST_PARTS) return null;
    const query = { from, to: to ?? '', metric: [...metric], buckets: BUCKETS };
    const params = { path: { equipmentId }, query };
    const part: components['schemas']['Series'] = await body(
      api.GET('/sensor-data/{equipmentId}/series', { params, signal }),
    );
    series = series ? joined(series, part.series) : part.series;
    from = part.rest;
  }
  return series ?? [];
}

/** The last reading of a part is the first of the next. */
function joined(
  before: readonly MetricSeries[],
  behind: readonly MetricSeries[],
): readonly MetricSeries[] {
  return before.map((each, index) => {
    const { at = [], values = [], sampleCount = 0 } = behind[index] ?? {};
    const skipped = each.at.at(-1) === at[0] ? 1 : 0;
    return {
      ...each,
      sampleCount: each.sampleCount + sampleCount - skipped,
      at: [...each.at, ...at.slice(skipped)],
      values: [...each.values, ...values.slice(skipped)],
    };
  });
}
