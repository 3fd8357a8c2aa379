import type { EquipmentRestriction } from '@sensorflow/auth';
import type { WorkBudget } from '@sensorflow/kernel';
import {
  MOST_LISTED_METRICS,
  type EquipmentRegistry,
  type RegisteredEquipment,
} from './equipment-registry.js';

/** Behind every character of an equipment id. */
const BEHIND_ALL = '~';

/**
 * Pages of the registered equipment that a restriction allows, in order of ids. It is found by the restriction's ids and
 * prefixes, so that nothing shows that other equipment exists, not even where a page ends. Throws what the registry
 * throws.
 */
export async function* allowedEquipment(
  registry: EquipmentRegistry,
  restriction: EquipmentRestriction,
  after: string | undefined,
  budget: WorkBudget,
): AsyncGenerator<readonly RegisteredEquipment[]> {
  for (const entry of entriesInOrder(restriction)) {
    if (entry.endsWith('*')) yield* withPrefix(registry, entry.slice(0, -1), after, budget);
    else if (after === undefined || entry > after) yield await named(registry, entry, budget);
  }
}

/** Without entries that a shorter prefix covers, so that the ranges of ids do not overlap. */
function entriesInOrder({ entries }: EquipmentRestriction): readonly string[] {
  const prefixes = entries.filter((entry) => entry.endsWith('*'));
  const isCovered = (entry: string) =>
    prefixes.some((prefix) => prefix !== entry && entry.startsWith(prefix.slice(0, -1)));
  return entries.filter((entry) => !isCovered(entry)).toSorted((a, b) => (a < b ? -1 : 1));
}

async function named(
  registry: EquipmentRegistry,
  equipmentId: string,
  budget: WorkBudget,
): Promise<readonly RegisteredEquipment[]> {
  const query = { equipmentId, limit: MOST_LISTED_METRICS + 1 };
  const found = await budget.call(
    async (signal) => registry.metricsOf(query, signal),
    (metrics) => metrics.length,
  );
  if (found.length === 0) return [];
  const metrics = found.slice(0, MOST_LISTED_METRICS);
  return [{ equipmentId, metrics, hasMoreMetrics: found.length > metrics.length }];
}

async function* withPrefix(
  registry: EquipmentRegistry,
  prefix: string,
  after: string | undefined,
  budget: WorkBudget,
): AsyncGenerator<readonly RegisteredEquipment[]> {
  const before = justBefore(prefix);
  if (after !== undefined && after > `${prefix}${BEHIND_ALL}`) return;
  const from = after === undefined || after < before ? before : after;
  for await (const page of registry.scan(from, budget)) {
    const inside = page.filter(({ equipmentId }) => equipmentId.startsWith(prefix));
    yield inside;
    if (inside.length < page.length) return;
  }
}

/** Behind all ids that come before the prefix itself. */
function justBefore(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1);
  return `${prefix.slice(0, -1)}${String.fromCharCode(last - 1)}${BEHIND_ALL}`;
}
