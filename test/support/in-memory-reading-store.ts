import { DomainError, type Instant, type WorkBudget } from '@sensorflow/kernel';
import {
  ReadingStore,
  type ReadingPage,
  type ReadingRange,
  type StoredReading,
} from '@sensorflow/sensor-data';
import { counted } from './counted.js';

/** Readings that stand, in memory, for tests of what is made of them; keeps the contract of ReadingStore. */
export class InMemoryReadingStore extends ReadingStore {
  /** Equipment whose latest reading is behind too many removed ones. */
  readonly tooCostly = new Set<string>();
  private readonly byEquipment = new Map<string, Map<Instant, StoredReading>>();

  /** Each replaces the whole reading of its instant. */
  async putAll(readings: readonly StoredReading[]): Promise<void> {
    await Promise.resolve();
    for (const reading of readings) {
      const ofEquipment = this.byEquipment.get(reading.equipmentId) ?? new Map();
      ofEquipment.set(reading.timestamp, reading);
      this.byEquipment.set(reading.equipmentId, ofEquipment);
    }
  }

  /** Whether there was such a reading. */
  remove(equipmentId: string, timestamp: Instant): boolean {
    return this.byEquipment.get(equipmentId)?.delete(timestamp) ?? false;
  }

  /** Everything, by equipment and time. */
  all(): readonly StoredReading[] {
    return [...this.byEquipment.keys()].sort().flatMap((id) => this.sorted(id));
  }

  override async range(query: ReadingRange, budget?: WorkBudget): Promise<ReadingPage> {
    await counted(budget);
    const inRange = this.sorted(query.equipmentId).filter(
      ({ timestamp }) =>
        (query.from === undefined || timestamp >= query.from) &&
        (query.to === undefined || timestamp < query.to),
    );
    if (query.order === 'desc') inRange.reverse();
    const { after } = query;
    const rest =
      after === undefined
        ? inRange
        : inRange.filter(({ timestamp }) =>
            query.order === 'asc' ? timestamp > after : timestamp < after,
          );
    const readings = rest.slice(0, query.limit);
    return {
      readings,
      next: rest.length > query.limit ? readings.at(-1)?.timestamp : undefined,
    };
  }

  override async latest(
    equipmentId: string,
    budget?: WorkBudget,
  ): Promise<StoredReading | undefined> {
    await counted(budget);
    if (this.tooCostly.has(equipmentId)) {
      throw new DomainError('invalid', 'range-too-costly', 'The newest reading lies too far back.');
    }
    return this.sorted(equipmentId).at(-1);
  }

  /** Of readings as they are now: what was replaced or removed since is not brought back. */
  override asOf(instant: Instant): InMemoryReadingStore {
    const then = new InMemoryReadingStore();
    for (const [id, readings] of this.byEquipment) {
      const accepted = [...readings].filter(([, { registerTime }]) => registerTime <= instant);
      then.byEquipment.set(id, new Map(accepted));
    }
    return then;
  }

  override async hasBlocks(equipmentId: string, budget?: WorkBudget): Promise<boolean> {
    await counted(budget);
    return this.byEquipment.has(equipmentId);
  }

  override async *scanEquipment(budget?: WorkBudget): AsyncGenerator<readonly string[]> {
    await counted(budget);
    for (const [id, readings] of this.byEquipment) if (readings.size > 0) yield [id];
  }

  override async *scanRange(
    equipmentId: string,
    from: Instant,
    to: Instant,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly StoredReading[]> {
    await counted(budget);
    const inRange = this.sorted(equipmentId).filter(
      ({ timestamp }) => timestamp >= from && timestamp < to,
    );
    if (inRange.length > 0) yield inRange;
  }

  private sorted(equipmentId: string): StoredReading[] {
    const readings = [...(this.byEquipment.get(equipmentId)?.values() ?? [])];
    return readings.sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
  }
}
