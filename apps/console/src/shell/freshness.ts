import { onlineManager, useIsFetching, useQueryClient } from '@tanstack/react-query';
import { useNow } from '../time/use-now.ts';

/** How often what is on the screen is asked for again. */
export const REFRESH_MS = 10_000;
const STALE_AFTER_MS = 3 * REFRESH_MS;

export interface Freshness {
  readonly state: 'live' | 'reconnecting' | 'stale';
  /** The last answer that anything on the screen got. */
  readonly sinceEpochMs: number;
}

/** Whether what is on the screen is still so: of all queries in view, the one that fell behind most. */
export function useFreshness(): Freshness {
  const client = useQueryClient();
  useIsFetching();
  const now = useNow(1000);
  const failing = client
    .getQueryCache()
    .findAll({ type: 'active' })
    .map(({ state }) => state)
    .filter(
      ({ status, fetchFailureCount }) =>
        status === 'error' || fetchFailureCount > 0 || !onlineManager.isOnline(),
    );
  if (failing.length === 0) return { state: 'live', sinceEpochMs: now };
  const sinceEpochMs = Math.min(...failing.map(({ dataUpdatedAt }) => dataUpdatedAt || now));
  return { state: now - sinceEpochMs > STALE_AFTER_MS ? 'stale' : 'reconnecting', sinceEpochMs };
}
