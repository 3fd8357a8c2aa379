import type { EquipmentRestriction } from '@sensorflow/auth';
import type { Instant, WorkBudget, WorkLimits } from '@sensorflow/kernel';
import { equipmentUnknown, type ReadingStore } from '@sensorflow/sensor-data';
import { allowedEquipment } from './allowed-equipment.js';
import type { EquipmentRegistry, MetricsQuery, RegisteredEquipment } from './equipment-registry.js';

export interface EquipmentQuery {
  /** Items of a page, at least 1. */
  readonly limit: number;
  /** Continues after this equipment. */
  readonly after?: string;
  /** Lists this equipment alone. */
  readonly restriction?: EquipmentRestriction | undefined;
}

export interface EquipmentSummary extends RegisteredEquipment {
  readonly firstTimestamp: Instant;
  readonly lastTimestamp: Instant;
}

export interface Page<T> {
  /** By equipment id, or by metric. */
  readonly items: readonly T[];
  /** `after` of the next page; undefined at the end. */
  readonly next: string | undefined;
}

export type EquipmentPage = Page<EquipmentSummary>;

/** A page of a thousand takes two reads for each equipment, and 16 for the registry. */
export const EQUIPMENT_LIMITS: WorkLimits = { storeCalls: 2_500, ms: 5_000 };

/** Equipment looked up in parallel; each takes two reads. */
const CONCURRENCY = 32;
const MIN_CHUNK = 8;
/** A page ends early after so much equipment without readings, so that its cost stays bounded. */
const MAX_EMPTY = 1_000;

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
    const { limit } = query;
    const items: EquipmentSummary[] = [];
    let empty = 0;
    for await (const chunk of this.inChunks(query, budget, () => limit + 1 - items.length)) {
      const found = await Promise.all(chunk.map(async (each) => this.summaryOf(each, budget)));
      const listed = found.filter((summary) => summary !== undefined);
      items.push(...listed);
      empty += found.length - listed.length;
      if (items.length > limit) return pageOf(items, limit, ({ equipmentId }) => equipmentId);
      if (empty >= MAX_EMPTY || budget.isSpent()) {
        return { items, next: chunk.at(-1)?.equipmentId };
      }
    }
    return { items, next: undefined };
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

  /** In chunks of about as many as are still wanted, so that little more is looked up. */
  private async *inChunks(
    { after, restriction }: EquipmentQuery,
    budget: WorkBudget,
    wanted: () => number,
  ) {
    const pages = restriction
      ? allowedEquipment(this.registry, restriction, after, budget)
      : this.registry.scan(after, budget);
    for await (const page of pages) {
      for (let from = 0; from < page.length;) {
        const size = Math.min(CONCURRENCY, Math.max(MIN_CHUNK, wanted()));
        const chunk = page.slice(from, from + size);
        yield chunk;
        from += chunk.length;
      }
    }
  }

  /** Undefined when it has no readings, or none any more. */
  private async summaryOf(
    registered: RegisteredEquipment,
    budget: WorkBudget,
  ): Promise<EquipmentSummary | undefined> {
    const { equipmentId } = registered;
    const [first, last] = await Promise.all([
      this.readings.range({ equipmentId, order: 'asc', limit: 1 }, budget),
      this.readings.latest(equipmentId, budget),
    ]);
    const firstTimestamp = first.readings[0]?.timestamp;
    if (firstTimestamp === undefined || last === undefined) return undefined;
    return { ...registered, firstTimestamp, lastTimestamp: last.timestamp };
  }
}

function pageOf<T>(items: readonly T[], limit: number, positionOf: (item: T) => string): Page<T> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { items: page, next: last === undefined ? undefined : positionOf(last) };
}
