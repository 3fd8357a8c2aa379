import type { Instant, WorkBudget, WorkLimits } from '@sensorflow/kernel';
import { equipmentUnknown, undefinedIfTooCostly, type ReadingStore } from '@sensorflow/sensor-data';
import { pageOf, pageOfEquipment, type EquipmentQuery, type Page } from './equipment-pages.js';
import type { EquipmentRegistry, MetricsQuery, RegisteredEquipment } from './equipment-registry.js';

export interface EquipmentSummary extends RegisteredEquipment {
  readonly firstTimestamp: Instant;
  readonly lastTimestamp: Instant;
}

export type EquipmentPage = Page<EquipmentSummary>;

/** A page of a thousand takes two reads for each equipment, and 16 for the registry. */
export const EQUIPMENT_LIMITS: WorkLimits = { storeCalls: 2_500, ms: 5_000 };

/**
 * Lists the equipment that has readings, and its metrics. The first and last timestamp come from the readings
 * themselves, so that they are right the moment a reading is stored or removed.
 */
export class KnownEquipment {
  constructor(
    private readonly registry: EquipmentRegistry,
    private readonly readings: ReadingStore,
  ) {}

  /** A page can end early when its budget is spent. Throws what the stores throw. */
  async list(query: EquipmentQuery, budget: WorkBudget): Promise<EquipmentPage> {
    return pageOfEquipment(this.registry, query, budget, async (each) =>
      this.summaryOf(each, budget),
    );
  }

  /** Every metric that the equipment ever sent. Throws `equipment-unknown`, and what the store throws. */
  async metrics(query: MetricsQuery, budget: WorkBudget): Promise<Page<string>> {
    const { limit } = query;
    const found = await budget.call(
      async (signal) => this.registry.metricsOf({ ...query, limit: limit + 1 }, signal),
      (metrics) => metrics.length,
    );
    if (found.length === 0 && query.after === undefined) {
      throw equipmentUnknown(query.equipmentId);
    }
    if (found.length > limit) return pageOf(found, limit, (metric) => metric);
    return { items: found, next: undefined };
  }

  /** Undefined when it has no readings, none any more, or none that is found at the cost of a latest reading. */
  private async summaryOf(
    registered: RegisteredEquipment,
    budget: WorkBudget,
  ): Promise<EquipmentSummary | undefined> {
    const { equipmentId } = registered;
    const [first, last] = await Promise.all([
      this.readings.range({ equipmentId, order: 'asc', limit: 1 }, budget),
      this.readings.latest(equipmentId, budget).catch(undefinedIfTooCostly),
    ]);
    const firstTimestamp = first.readings[0]?.timestamp;
    if (firstTimestamp === undefined || last === undefined) return undefined;
    return { ...registered, firstTimestamp, lastTimestamp: last.timestamp };
  }
}
