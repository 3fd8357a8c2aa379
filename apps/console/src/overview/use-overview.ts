import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { paths } from '#console-api';
import { api, body } from '../api/client.ts';
import { useBatched, useLiveReadings, useRefreshMs, type LiveReading } from '../live/live.tsx';
import { useNow } from '../time/use-now.ts';
import { isChosen, sortParameter, type OverviewView, type Status } from './overview-order.ts';
import { stateAt, withReadings } from './overview-live.ts';
import { UnlistedEquipment } from './unlisted-equipment.ts';

const PAGE_SIZE = 50;
/** While the service still looks through all equipment, or has not listed new one. */
const PENDING_MS = 1_000;
const TREND_MS = 300_000;
const DRAW_MS = 250;
const CHANGED_MS = 1_000;

type Query = NonNullable<paths['/equipment/overview']['get']['parameters']['query']>;

interface Listed {
  readonly items: readonly Status[];
  readonly asOf: string;
  readonly nextCursor: string | null;
  readonly counts?: Readonly<Record<Status['state'], number>>;
  readonly pending?: number;
  /** How far the browser's clock is ahead of the service's. */
  readonly aheadMs: number;
}

export interface OverviewRows {
  readonly rows: readonly Status[];
  /** How many there are in all, where that is known. */
  readonly count: number | undefined;
  /** The view that shows the next rows. */
  readonly next: OverviewView | undefined;
  /** How much equipment the service has still to look at. */
  readonly pending: number;
  readonly asOfEpochMs: number;
}

export interface OverviewAnswer {
  readonly data: OverviewRows | undefined;
  readonly error: unknown;
  readonly retry: () => void;
}

/** The rows of a view, as they are now: new readings come in as they arrive, and states change with the clock. */
export function useOverview(view: OverviewView): OverviewAnswer {
  const { search, state, after } = view;
  const asked: Query = {
    limit: PAGE_SIZE,
    ...(search && { search }),
    ...(state && { state }),
    ...sortParameter(view.sort),
    ...(after !== undefined && { cursor: after }),
  };
  const key = ['overview', 'page', asked];
  const [unlisted] = useState(() => new UnlistedEquipment());
  const refreshMs = useRefreshMs();
  // States and orders of other equipment change without a reading of those in view.
  const everyMs = isChosen(view) ? Math.min(refreshMs, 2 * TEN_SECONDS) : refreshMs;
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => filledPage(asked, signal),
    refetchInterval: ({ state: { data: page } }) => {
      const isBehind = page && unlisted.isMissing(page.items, Date.now());
      return page?.pending || isBehind ? PENDING_MS : everyMs;
    },
    placeholderData: keepPreviousData,
  });
  const trends = useTrends(asked, data !== undefined);
  useArrivals(key, view, data, unlisted);
  const now = useNow(1000) - (data?.aheadMs ?? 0);
  return {
    data: data && rowsOf(view, data, trends, now),
    error: data ? null : error,
    retry: () => void refetch(),
  };
}

const TEN_SECONDS = 10_000;

/** Goes on until there is something to show: pages may be empty before the end. */
async function filledPage(asked: Query, signal: AbortSignal): Promise<Listed> {
  for (let query = asked; ;) {
    const page = await body(api.GET('/equipment/overview', { params: { query }, signal }));
    if (page.items.length > 0 || page.nextCursor === null) {
      return { ...page, aheadMs: Date.now() - Date.parse(page.asOf) };
    }
    query = { ...query, cursor: page.nextCursor };
  }
}

/** The days of the same page come later: they cost more than all else, and nobody waits for them. */
function useTrends(asked: Query, enabled: boolean): ReadonlyMap<string, Status['trend']> {
  const { data } = useQuery({
    queryKey: ['overview', 'days', asked],
    queryFn: async ({ signal }) => {
      const query = { ...asked, trend: true };
      const { items } = await body(api.GET('/equipment/overview', { params: { query }, signal }));
      return new Map(items.map(({ equipmentId, trend }) => [equipmentId, trend]));
    },
    enabled,
    staleTime: TREND_MS,
    refetchInterval: TREND_MS,
    placeholderData: keepPreviousData,
  });
  return data ?? NO_TRENDS;
}

const NO_TRENDS: ReadonlyMap<string, Status['trend']> = new Map();

/** Writes what arrives into the page; what the page cannot know of, it is asked for again. */
function useArrivals(
  key: readonly unknown[],
  view: OverviewView,
  data: Listed | undefined,
  unlisted: UnlistedEquipment,
): void {
  const client = useQueryClient();
  const ids = data?.items.map(({ equipmentId }) => equipmentId) ?? [];
  const isWhole = data?.nextCursor === null && view.after === undefined && !isChosen(view);
  const askAgain = useBatched<string>(CHANGED_MS, () => {
    void client.invalidateQueries({ queryKey: ['overview'] });
  });
  const draw = useBatched<LiveReading>(DRAW_MS, (readings) => {
    client.setQueryData<Listed>(key, (page) => page && withReadings(page, readings));
  });
  // A fleet of one page is watched as a whole, so that new equipment appears.
  useLiveReadings(isWhole ? null : ids, {
    onReadings: (readings) => {
      draw(readings);
      for (const { equipmentId, removed } of readings) {
        const isNew = isWhole && view.search === '' && !ids.includes(equipmentId) && !removed;
        if (isNew) unlisted.note(equipmentId, Date.now());
        if (isNew || removed) askAgain([equipmentId]);
      }
    },
    onChanged: (equipmentId) => {
      if (isWhole || ids.includes(equipmentId)) askAgain([equipmentId]);
    },
  });
}

function rowsOf(
  view: OverviewView,
  { items, nextCursor, counts, pending = 0 }: Listed,
  trends: ReadonlyMap<string, Status['trend']>,
  nowEpochMs: number,
): OverviewRows {
  const rows = items.map((item) => {
    const trend = trends.get(item.equipmentId);
    return { ...item, state: stateAt(item, nowEpochMs), ...(trend && { trend }) };
  });
  return {
    rows,
    count: countOf(view, nextCursor, items.length, counts),
    next: nextCursor === null ? undefined : { ...view, after: nextCursor },
    pending,
    asOfEpochMs: nowEpochMs,
  };
}

function countOf(
  { state, after }: OverviewView,
  nextCursor: string | null,
  rows: number,
  counts: Listed['counts'],
): number | undefined {
  if (counts) return state ? counts[state] : Object.values(counts).reduce((sum, n) => sum + n, 0);
  return nextCursor === null && after === undefined ? rows : undefined;
}
