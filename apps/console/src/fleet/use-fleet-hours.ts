import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { components } from '#console-api';
import { api, body } from '../api/client.ts';
import { useBatched, useLiveReadings, useRefreshMs } from '../live/live.tsx';
import { wholeHours, type TimeRange } from '../time/range.ts';
import { latestReceiptIn } from './latest-receipt.ts';

export type FleetHours = components['schemas']['FleetHours'];

/** Sums follow the readings by some seconds, so nothing is gained by asking sooner … */
const BEHIND_MS = 3_000;
/** … or for each reading. */
const HEARD_MS = 500;

/** Instants in epoch milliseconds. */
interface Heard {
  /** When the service received the latest reading, by its clock … */
  readonly received: number;
  /** … and when this page heard of it, by its own. */
  readonly at: number;
}

/**
 * The hours of all equipment together. Asked for again while a reading of this time was received that the sums in view
 * may not have: 3, 6, 12, … seconds after it.
 */
export function useFleetHours(metric: string, range: TimeRange) {
  const { name, fromEpochMs, toEpochMs } = range;
  const [heard, setHeard] = useState<Heard>({ received: 0, at: 0 });
  const refreshMs = useRefreshMs();
  const note = useBatched<number>(HEARD_MS, (received) =>
    setHeard((before) => ({ received: Math.max(before.received, ...received), at: Date.now() })),
  );
  useLiveReadings(null, {
    onReadings: (readings) => {
      const latest = latestReceiptIn(readings, metric, range);
      if (latest !== undefined) note([latest]);
    },
    // By the clock of this browser, since nothing else tells when.
    onChanged: () => note([Date.now()]),
  });
  return useQuery({
    queryKey: ['fleet', metric, fromEpochMs, toEpochMs],
    queryFn: ({ signal }) => {
      const params = { query: { metric, ...wholeHours(range) } };
      return body(api.GET('/sensor-data/aggregated/fleet', { params, signal }));
    },
    refetchInterval: ({ state: { data } }) => {
      const isBehind = data !== undefined && Date.parse(data.summaryAsOf) <= heard.received;
      if (isBehind) return Math.min(refreshMs, Math.max(BEHIND_MS, Date.now() - heard.at));
      return name === undefined ? false : refreshMs;
    },
    placeholderData: keepPreviousData,
  });
}
