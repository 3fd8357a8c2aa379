import { EquipmentRegistry } from '@sensorflow/equipment';
import {
  MOST_LISTED_METRICS,
  MOST_PAIRS_PER_CALL,
  type EquipmentMetric,
  type MetricsQuery,
  type RegisteredEquipment,
} from '@sensorflow/equipment/equipment-registry.js';
import type { WorkBudget } from '@sensorflow/kernel';

/** The registry in memory, for tests; keeps the contract of EquipmentRegistry. */
export class InMemoryEquipmentRegistry extends EquipmentRegistry {
  private readonly metricSets = new Map<string, Set<string>>();
  /** What each call added. */
  readonly additions: (readonly EquipmentMetric[])[] = [];
  /** What a full store leaves of an addition. */
  leaves: (pairs: readonly EquipmentMetric[]) => readonly EquipmentMetric[] = () => [];
  private failure: Error | undefined;

  /** From now on, additions fail; undefined heals. */
  failAdditions(failure: Error | undefined): void {
    this.failure = failure;
  }

  override async add(pairs: readonly EquipmentMetric[]): Promise<readonly EquipmentMetric[]> {
    await Promise.resolve();
    if (this.failure) throw this.failure;
    if (pairs.length > MOST_PAIRS_PER_CALL) throw new RangeError('too many pairs for one call');
    const left = this.leaves(pairs);
    const added = pairs.filter((pair) => !left.includes(pair));
    if (added.length > 0) this.additions.push(added);
    for (const { equipmentId, metric } of added) {
      this.metricSets.set(
        equipmentId,
        (this.metricSets.get(equipmentId) ?? new Set<string>()).add(metric),
      );
    }
    return left;
  }

  override async *scan(
    after?: string,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly RegisteredEquipment[]> {
    await (budget?.call(async () => Promise.resolve()) ?? Promise.resolve());
    const all = [...this.metricSets].map(([equipmentId, metrics]) => ({
      equipmentId,
      metrics: [...metrics].sort().slice(0, MOST_LISTED_METRICS),
      hasMoreMetrics: metrics.size > MOST_LISTED_METRICS,
    }));
    const behind = all.filter(({ equipmentId }) => after === undefined || equipmentId > after);
    yield behind.sort((a, b) => (a.equipmentId < b.equipmentId ? -1 : 1));
  }

  override async metricsOf({
    equipmentId,
    limit,
    after,
  }: MetricsQuery): Promise<readonly string[]> {
    await Promise.resolve();
    const sorted = [...(this.metricSets.get(equipmentId) ?? [])].sort();
    return sorted.filter((metric) => after === undefined || metric > after).slice(0, limit);
  }
}
