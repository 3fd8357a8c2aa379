import type { EquipmentRestriction } from '@sensorflow/auth';
import type { AcceptedChange } from '@sensorflow/sensor-data';
import type { ChangesByEquipment } from './recent-messages.js';

/** What a feed is about. */
export interface FeedFilter {
  /** All equipment unless named. */
  readonly equipmentIds?: ReadonlySet<string>;
  /** All metrics unless named. */
  readonly metrics?: ReadonlySet<string>;
  /** What its caller may read. */
  readonly restriction?: EquipmentRestriction | undefined;
}

/** The changes that a feed is about. One that stays as it is stays the same object. */
export function changesFor(filter: FeedFilter, changes: ChangesByEquipment): AcceptedChange[] {
  const { equipmentIds, metrics, restriction } = filter;
  const found: AcceptedChange[] = [];
  for (const equipmentId of equipmentIds ?? changes.keys()) {
    if (restriction && !restriction.allows(equipmentId)) continue;
    for (const change of changes.get(equipmentId) ?? []) {
      const kept = metrics ? withMetrics(change, metrics) : change;
      if (kept) found.push(kept);
    }
  }
  return found;
}

function withMetrics(
  change: AcceptedChange,
  metrics: ReadonlySet<string>,
): AcceptedChange | undefined {
  if (change.kind === 'removed') {
    return change.metric === undefined || metrics.has(change.metric) ? change : undefined;
  }
  if (change.kind === 'changed') return change;
  const readings = change.readings.flatMap((reading) => {
    const values = new Map([...reading.values].filter(([metric]) => metrics.has(metric)));
    return values.size > 0 ? [{ ...reading, values }] : [];
  });
  return readings.length > 0 ? { ...change, readings } : undefined;
}
