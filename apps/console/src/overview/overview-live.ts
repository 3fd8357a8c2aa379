import type { LiveReading } from '../live/live.tsx';
import type { Status } from './overview-order.ts';

/** What a state is by now: readings that do not come tell nobody. */
export function stateAt(
  { state, lastTimestamp, lateAfterSeconds, silentAfterSeconds }: Status,
  nowEpochMs: number,
): Status['state'] {
  if (lateAfterSeconds === null || silentAfterSeconds === null) return state;
  const ageSeconds = (nowEpochMs - Date.parse(lastTimestamp)) / 1000;
  if (ageSeconds > silentAfterSeconds) return 'silent';
  return ageSeconds > lateAfterSeconds ? 'late' : 'on-time';
}

/** The page with readings that have arrived; of one instant, metrics of several messages stand together. */
export function withReadings<Page extends { readonly items: readonly Status[] }>(
  page: Page,
  readings: readonly LiveReading[],
): Page {
  const arrived = Map.groupBy(readings, ({ equipmentId }) => equipmentId);
  if (!page.items.some(({ equipmentId }) => arrived.has(equipmentId))) return page;
  const items = page.items.map((item) =>
    (arrived.get(item.equipmentId) ?? []).reduce(withReading, item),
  );
  return { ...page, items };
}

function withReading(status: Status, { timestamp, values, removed }: LiveReading): Status {
  const [known, arrived] = [Date.parse(status.lastTimestamp), Date.parse(timestamp)];
  if (removed === true || arrived < known) return status;
  const isSame = arrived === known;
  return {
    ...status,
    lastTimestamp: timestamp,
    values: isSame ? { ...status.values, ...values } : values,
  };
}
