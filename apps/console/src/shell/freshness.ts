import { onlineManager, useIsFetching, useQueryClient } from '@tanstack/react-query';
import { POLLING_MS, useConnection } from '../live/live.tsx';
import { useNow } from '../time/use-now.ts';

const STALE_AFTER_MS = 3 * POLLING_MS;

export interface Freshness {
  /** `polling`: nothing tells of changes, but what is on the screen is asked for again and again. */
  readonly state: 'live' | 'polling' | 'reconnecting' | 'stale';
  /** Up to when what is on the screen is known to be so. */
  readonly sinceEpochMs: number;
}

/** Whether what is on the screen is still so: of the feed and all queries in view, what fell behind most. */
export function useFreshness(): Freshness {
  const client = useQueryClient();
  const connection = useConnection();
  useIsFetching();
  const now = useNow(1000);
  const failing = client
    .getQueryCache()
    .findAll({ type: 'active' })
    .map(({ state }) => state)
    .filter(
      ({ status, fetchFailureCount }) =>
        status === 'error' || fetchFailureCount > 0 || !onlineManager.isOnline(),
    )
    .map(({ dataUpdatedAt }) => dataUpdatedAt || now);
  if (connection.state === 'unavailable' && failing.length === 0) {
    return { state: 'polling', sinceEpochMs: now };
  }
  const isBehind = connection.state !== 'live';
  const behind = isBehind ? [...failing, connection.sinceEpochMs] : failing;
  if (behind.length === 0) return { state: 'live', sinceEpochMs: now };
  const sinceEpochMs = Math.min(...behind);
  return { state: now - sinceEpochMs > STALE_AFTER_MS ? 'stale' : 'reconnecting', sinceEpochMs };
}
