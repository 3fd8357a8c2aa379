import type { Instant } from '@sensorflow/kernel';
import type { ReadingStore } from '@sensorflow/sensor-data';
import type { EquipmentRegistry, RegisteredEquipment } from './equipment-registry.js';

export interface EquipmentQuery {
  /** Items of a page, at least 1. */
  readonly limit: number;
  /** Goes on behind this equipment. */
  readonly after?: string;
}

export interface EquipmentSummary extends RegisteredEquipment {
  readonly firstTimestamp: Instant;
  readonly lastTimestamp: Instant;
}

export interface EquipmentPage {
  /** By equipment id. */
  readonly items: readonly EquipmentSummary[];
  /** Where the next page goes on (`after`), or undefined at the end. */
  readonly next: string | undefined;
}

/** Equipment looked up at once; each takes two reads. */
const CONCURRENCY = 32;
const MIN_CHUNK = 8;
/** A page ends early behind so much equipment without readings, so that its cost stays bounded. */
const MAX_EMPTY = 1_000;

/**
 * Lists the equipment that has readings. First and last are read from the readings themselves, so that
 * they are right the moment a reading is stored or removed.
 */
export class KnownEquipment {
  constructor(
    private readonly registry: EquipmentRegistry,
    private readonly readings: ReadingStore,
  ) {}

  /** Throws what the stores throw. */
  async list({ limit, after }: EquipmentQuery): Promise<EquipmentPage> {
    const items: EquipmentSummary[] = [];
    let empty = 0;
    for await (const registered of this.inChunks(after, () => limit + 1 - items.length)) {
      const found = await Promise.all(registered.map((each) => this.summaryOf(each)));
      const listed = found.filter((summary) => summary !== undefined);
      items.push(...listed);
      empty += found.length - listed.length;
      if (items.length > limit) return pageOf(items, limit);
      if (empty >= MAX_EMPTY) return { items, next: registered.at(-1)?.equipmentId };
    }
    return { items, next: undefined };
  }

  /** About as many at a time as are still wanted: what is not wanted need not be looked up. */
  private async *inChunks(after: string | undefined, wanted: () => number) {
    for await (const page of this.registry.scan(after)) {
      for (let from = 0; from < page.length;) {
        const size = Math.min(CONCURRENCY, Math.max(MIN_CHUNK, wanted()));
        const chunk = page.slice(from, from + size);
        yield chunk;
        from += chunk.length;
      }
    }
  }

  /** Undefined when it has no readings (any more). */
  private async summaryOf(registered: RegisteredEquipment): Promise<EquipmentSummary | undefined> {
    const { equipmentId } = registered;
    const [first, last] = await Promise.all([
      this.readings.range({ equipmentId, order: 'asc', limit: 1 }),
      this.readings.latest(equipmentId),
    ]);
    const firstTimestamp = first.readings[0]?.timestamp;
    if (firstTimestamp === undefined || last === undefined) return undefined;
    return { ...registered, firstTimestamp, lastTimestamp: last.timestamp };
  }
}

function pageOf(items: readonly EquipmentSummary[], limit: number): EquipmentPage {
  const page = items.slice(0, limit);
  return { items: page, next: page.at(-1)?.equipmentId };
}
