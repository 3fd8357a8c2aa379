import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, body } from '../api/client.ts';
import { REFRESH_MS } from '../shell/freshness.ts';
import { needsAll, sorted, type OverviewView, type Status } from './overview-order.ts';

export const PAGE_SIZE = 50;
/** As many as the API gives in one answer. */
const LARGEST_PAGE = 1000;

export interface OverviewRows {
  readonly rows: readonly Status[];
  /** How many there are in all, where that is known. */
  readonly count: number | undefined;
  /** The view that shows the next rows. */
  readonly next: OverviewView | undefined;
  readonly asOfEpochMs: number;
}

export interface OverviewAnswer {
  readonly data: OverviewRows | undefined;
  readonly error: unknown;
  /** Equipment that was looked through so far, while all of it is. */
  readonly lookedThrough: number | undefined;
  readonly retry: () => void;
}

/** The rows of a view: by name page by page from the API, in any other order from all equipment. */
export function useOverview(view: OverviewView): OverviewAnswer {
  const isOfAll = needsAll(view);
  const { all, lookedThrough } = useAll(view, isOfAll);
  // Until everything is there, what there is of it: the table stays, and with it the keyboard's place.
  const isProvisional = isOfAll && all.data === undefined;
  const page = usePage(view, !isOfAll || isProvisional);
  const { data, error, refetch } = isOfAll && !isProvisional ? all : page;
  return {
    data: data && (isOfAll ? rowsOfAll(view, data, isProvisional) : rowsOfPage(view, data)),
    error: data ? null : error,
    lookedThrough: isProvisional ? lookedThrough : undefined,
    retry: () => void refetch(),
  };
}

interface Listed {
  readonly items: readonly Status[];
  readonly asOf: string;
  readonly nextCursor: string | null;
}

function usePage({ search, after }: OverviewView, enabled: boolean) {
  return useQuery({
    queryKey: ['overview', 'page', search, after],
    queryFn: ({ signal }) =>
      filledPage({ limit: PAGE_SIZE, trend: true, ...(search && { search }) }, after, signal),
    enabled,
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

function useAll({ search }: OverviewView, enabled: boolean) {
  const [lookedThrough, setLookedThrough] = useState(0);
  const all = useQuery({
    queryKey: ['overview', 'all', search],
    queryFn: async ({ signal }): Promise<Listed> => {
      const items: Status[] = [];
      for (let after: string | undefined; ;) {
        const query = { limit: LARGEST_PAGE, ...(search && { search }) };
        const page: Listed = await oncePage(query, after, signal);
        items.push(...page.items);
        setLookedThrough(items.length);
        if (page.nextCursor === null) return { ...page, items };
        after = page.nextCursor;
      }
    },
    enabled,
    // Looking through ten thousand costs the service seconds.
    refetchInterval: 6 * REFRESH_MS,
    placeholderData: keepPreviousData,
  });
  return { all, lookedThrough };
}

interface Asked {
  readonly limit: number;
  readonly trend?: true;
  readonly search?: string;
}

/** Goes on until there is something to show: pages may be empty before the end. */
async function filledPage(
  query: Asked,
  after: string | undefined,
  signal: AbortSignal,
): Promise<Listed> {
  for (let cursor = after; ;) {
    const page = await oncePage(query, cursor, signal);
    if (page.items.length > 0 || page.nextCursor === null) return page;
    cursor = page.nextCursor;
  }
}

function oncePage(query: Asked, cursor: string | undefined, signal: AbortSignal): Promise<Listed> {
  const texts = { ...query, ...(cursor !== undefined && { cursor }) };
  return body(api.GET('/equipment/overview', { params: { query: texts }, signal }));
}

function rowsOfPage(view: OverviewView, { items, asOf, nextCursor }: Listed): OverviewRows {
  const isWhole = nextCursor === null && view.after === undefined;
  return {
    rows: items,
    count: isWhole ? items.length : undefined,
    next: nextCursor === null ? undefined : { ...view, after: nextCursor },
    asOfEpochMs: Date.parse(asOf),
  };
}

function rowsOfAll(
  view: OverviewView,
  { items, asOf }: Listed,
  isProvisional: boolean,
): OverviewRows {
  const wanted = view.state ? items.filter(({ state }) => state === view.state) : items;
  const first = view.page * PAGE_SIZE;
  const rows = sorted(wanted, view.sort).slice(first, first + PAGE_SIZE);
  const hasMore = first + PAGE_SIZE < wanted.length;
  return {
    rows,
    count: isProvisional ? undefined : wanted.length,
    next: hasMore ? { ...view, page: view.page + 1 } : undefined,
    asOfEpochMs: Date.parse(asOf),
  };
}
