import {
  EquipmentRegistry,
  type EquipmentMetric,
  type RegisteredEquipment,
} from '@sensorflow/aggregation';

/** The registry in memory, for tests; keeps the contract of EquipmentRegistry. */
export class InMemoryEquipmentRegistry extends EquipmentRegistry {
  private readonly metricsOf = new Map<string, Set<string>>();
  /** What each call added. */
  readonly additions: (readonly EquipmentMetric[])[] = [];
  private failure: Error | undefined;

  /** From now on, additions fail; undefined heals. */
  failAdditions(failure: Error | undefined): void {
    this.failure = failure;
  }

  override async add(pairs: readonly EquipmentMetric[]): Promise<void> {
    await Promise.resolve();
    if (this.failure) throw this.failure;
    this.additions.push(pairs);
    for (const { equipmentId, metric } of pairs) {
      this.metricsOf.set(
        equipmentId,
        (this.metricsOf.get(equipmentId) ?? new Set<string>()).add(metric),
      );
    }
  }

  override async *scan(after?: string): AsyncGenerator<readonly RegisteredEquipment[]> {
    await Promise.resolve();
    const all = [...this.metricsOf].map(([equipmentId, metrics]) => ({
      equipmentId,
      metrics: [...metrics].sort(),
    }));
    const behind = all.filter(({ equipmentId }) => after === undefined || equipmentId > after);
    yield behind.sort((a, b) => (a.equipmentId < b.equipmentId ? -1 : 1));
  }
}
