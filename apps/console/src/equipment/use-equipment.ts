import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import type { components } from '#console-api';
import { api, body } from '../api/client.ts';
import { REFRESH_MS } from '../shell/freshness.ts';
import { wholeHours, type TimeRange } from '../time/range.ts';

export type Reading = components['schemas']['Reading'];
export type Aggregates = components['schemas']['Aggregates'];

const PAGE = 1000;
/** So many readings are shown one by one; of more, their hours. */
const MOST_READINGS = 6 * PAGE;
/** A longer range is not even tried: a reading a minute is more than that. */
const LONGEST_OF_READINGS_MS = 4 * 24 * 3_600_000;
const MOST_METRICS = 100;

/** A range that follows the clock is asked for again and again. */
function refreshOf({ name }: TimeRange): number | false {
  return name === undefined ? false : REFRESH_MS;
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
  return useQueries({
    queries: equipmentIds.flatMap((equipmentId) =>
      metrics.map((metric) => ({
        queryKey: ['hours', equipmentId, metric, fromEpochMs, toEpochMs],
        queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
          allHours(equipmentId, metric, range, signal),
        refetchInterval: refreshOf(range),
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
  return useQuery({
    queryKey: ['readings', equipmentId, fromEpochMs, toEpochMs],
    queryFn: ({ signal }) => allReadings(equipmentId, range, signal),
    refetchInterval: refreshOf(range),
    placeholderData: keepPreviousData,
  });
}

async function allReadings(
  equipmentId: string,
  { fromEpochMs, toEpochMs }: TimeRange,
  signal: AbortSignal,
): Promise<readonly Reading[] | null> {
  if (toEpochMs - fromEpochMs > LONGEST_OF_READINGS_MS) return null;
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
