import type { WorkBudget } from '@sensorflow/kernel';
import type { EquipmentRegistry } from './equipment-registry.js';

/** In a fleet with more names, metrics without readings are only looked for in the hours of their equipment. */
const MOST_EVERYWHERE = 2_000;
const PAGE = 1_000;

/** Metrics whose sums may still be stored although no reading has them any more. */
export class RegisteredMetrics {
  /** For comparisons of equipment without sums. */
  static readonly NONE = new RegisteredMetrics(new Set(), undefined);

  private constructor(
    /** Look for these in every hour; empty when there are too many. */
    readonly everywhere: ReadonlySet<string>,
    private readonly registry: EquipmentRegistry | undefined,
  ) {}

  /** Throws what the registry throws, and the signal's reason. */
  static async in(
    registry: EquipmentRegistry,
    budget: WorkBudget,
    most = MOST_EVERYWHERE,
  ): Promise<RegisteredMetrics> {
    const everywhere = new Set<string>();
    for await (const page of registry.scan(undefined, budget)) {
      for (const { equipmentId, metrics, hasMoreMetrics } of page) {
        budget.signal.throwIfAborted();
        const all = hasMoreMetrics ? await metricsOf(registry, equipmentId, budget) : metrics;
        for (const metric of all) everywhere.add(metric);
        if (everywhere.size > most) return new RegisteredMetrics(new Set(), registry);
      }
    }
    return new RegisteredMetrics(everywhere, undefined);
  }

  /** Also look for these in hours in which this equipment has cells or readings. */
  async whereIs(equipmentId: string, budget: WorkBudget): Promise<readonly string[]> {
    return this.registry ? metricsOf(this.registry, equipmentId, budget) : [];
  }
}

async function metricsOf(
  registry: EquipmentRegistry,
  equipmentId: string,
  budget: WorkBudget,
): Promise<readonly string[]> {
  const metrics: string[] = [];
  for (;;) {
    const last = metrics.at(-1);
    const query = { equipmentId, limit: PAGE, ...(last !== undefined && { after: last }) };
    const page = await budget.call(
      async (signal) => registry.metricsOf(query, signal),
      ({ length }) => length,
    );
    for (const metric of page) metrics.push(metric);
    if (page.length < PAGE) return metrics;
  }
}
