import type { Instant, WorkBudget } from '@sensorflow/kernel';
import {
  MAX_PUTS_PER_CALL,
  readingKey,
  ReadingStore,
  type ReadingIdentity,
  type PutOutcome,
  type ReadingPage,
  type ReadingRange,
  type StoredReading,
} from '@sensorflow/sensor-data';
import { isDeepStrictEqual } from 'node:util';
import { counted } from './counted.js';

/**
 * Decides what becomes of one put: its outcome, or undefined for the usual one. An `unknown` put did
 * not happen here; `unknown-but-landed` did.
 */
export type PutFault = (
  reading: StoredReading,
  call: number,
) => PutOutcome | 'unknown-but-landed' | undefined;

/** The table of readings in memory, for tests; keeps the contract of ReadingStore. */
export class InMemoryReadingStore extends ReadingStore {
  private readonly byEquipment = new Map<string, Map<Instant, StoredReading>>();
  /** How many readings each call to putAll carried. */
  readonly putCalls: number[] = [];
  private fault: PutFault = () => undefined;

  /** From now on, this decides what becomes of each put. */
  failPuts(fault: PutFault): void {
    this.fault = fault;
  }

  override async putAll(readings: readonly StoredReading[]): Promise<readonly PutOutcome[]> {
    const keys = new Set(readings.map(readingKey));
    if (readings.length === 0 || readings.length > MAX_PUTS_PER_CALL) {
      throw new RangeError(`${readings.length} readings in one call`);
    }
    if (keys.size < readings.length) throw new RangeError('one key twice in one call');
    const call = this.putCalls.push(readings.length);
    await Promise.resolve();
    return readings.map((reading) => {
      const outcome = this.fault(reading, call) ?? 'stored';
      if (outcome === 'stored' || outcome === 'unknown-but-landed') this.put(reading);
      return outcome === 'unknown-but-landed' ? 'unknown' : outcome;
    });
  }

  private put(reading: StoredReading): void {
    const ofEquipment = this.byEquipment.get(reading.equipmentId) ?? new Map();
    ofEquipment.set(reading.timestamp, reading);
    this.byEquipment.set(reading.equipmentId, ofEquipment);
  }

  /** Whether there was such a reading. */
  remove(equipmentId: string, timestamp: Instant): boolean {
    return this.byEquipment.get(equipmentId)?.delete(timestamp) ?? false;
  }

  override async find({ equipmentId, timestamp }: ReadingIdentity) {
    await Promise.resolve();
    return this.byEquipment.get(equipmentId)?.get(timestamp);
  }

  override async removeExactly(reading: StoredReading): Promise<'removed' | 'changed'> {
    await Promise.resolve();
    const standing = this.byEquipment.get(reading.equipmentId)?.get(reading.timestamp);
    if (!isDeepStrictEqual(standing, reading)) return 'changed';
    this.remove(reading.equipmentId, reading.timestamp);
    return 'removed';
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
    return this.sorted(equipmentId).at(-1);
  }

  override async *scanEquipment(budget?: WorkBudget): AsyncGenerator<readonly string[]> {
    await counted(budget);
    for (const [id, readings] of this.byEquipment) if (readings.size > 0) yield [id];
  }

  override async *scanRange(
    equipmentId: string,
    from: Instant,
    to: Instant,
    mostPerPage = Infinity,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly StoredReading[]> {
    await counted(budget);
    const inRange = this.sorted(equipmentId).filter(
      ({ timestamp }) => timestamp >= from && timestamp < to,
    );
    while (inRange.length > 0) yield inRange.splice(0, mostPerPage);
  }

  private sorted(equipmentId: string): StoredReading[] {
    const readings = [...(this.byEquipment.get(equipmentId)?.values() ?? [])];
    return readings.sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
  }
}
