import type { EquipmentRestriction } from '@sensorflow/auth';
import { DomainError, instantFromEpochMs, type Clock, type WorkBudget } from '@sensorflow/kernel';
import type { KnownEquipment } from '@sensorflow/equipment';
import type { ReadingStore, SensorData, StoredReading } from '@sensorflow/sensor-data';
import { parseMeasurement, type CipSource } from './cip-measurement.js';

export interface CipCaller extends CipSource {
  readonly callerId: string;
  readonly restriction: EquipmentRestriction | undefined;
}

const RECENT_MS = 24 * 60 * 60 * 1000;
/** Readings have no index by time: so much equipment is looked at, and so many sensors read. */
const MOST_EQUIPMENT = 200;
const MOST_SENSORS = 20;

/** Takes readings of the earlier service's devices, and finds them again in its words. */
export class CipReadings {
  constructor(
    private readonly sensorData: SensorData,
    private readonly store: ReadingStore,
    private readonly equipment: KnownEquipment,
    private readonly clock: Clock,
  ) {}

  /**
   * Stores a body at the instant of its arrival; returns it once it is durable. Throws `invalid-reading`, whose
   * message says all that is wrong, and what `SensorData.recordReading` throws.
   */
  async record(raw: unknown, caller: CipCaller): Promise<StoredReading> {
    const parsed = parseMeasurement(raw, caller);
    if (!parsed.ok) {
      const detail = parsed.faults.map((fault) => fault.detail).join(' ');
      throw new DomainError('invalid', 'invalid-reading', detail, { faults: parsed.faults });
    }
    const { callerId, restriction } = caller;
    return this.sensorData.recordReading(parsed.value, callerId, restriction, { clock: 'server' });
  }

  /** Throws `no-reading`, and what the store throws. */
  async latest(equipmentId: string, budget: WorkBudget): Promise<StoredReading> {
    return this.sensorData.latestReading(equipmentId, budget);
  }

  /** The newest first; none of a sensor that sent nothing. Throws what the store throws. */
  async latestOf(
    equipmentId: string,
    limit: number,
    budget: WorkBudget,
  ): Promise<readonly StoredReading[]> {
    const page = await this.store.range({ equipmentId, order: 'desc', limit }, budget);
    return page.readings;
  }

  /** The newest of the last 24 hours, of the sensors that sent something last. Throws what the stores throw. */
  async recent(
    limit: number,
    restriction: EquipmentRestriction | undefined,
    budget: WorkBudget,
  ): Promise<readonly StoredReading[]> {
    const from = instantFromEpochMs(Math.max(0, Math.floor(this.clock.nowEpochMs()) - RECENT_MS));
    const known = await this.equipment.list({ limit: MOST_EQUIPMENT, restriction }, budget);
    const newest = known.items
      .filter(({ lastTimestamp }) => lastTimestamp >= from)
      .toSorted((a, b) => (a.lastTimestamp < b.lastTimestamp ? 1 : -1))
      .slice(0, MOST_SENSORS);
    const pages = await Promise.all(
      newest.map(async ({ equipmentId }) =>
        this.store.range({ equipmentId, order: 'desc', limit, from }, budget),
      ),
    );
    return pages
      .flatMap(({ readings }) => readings)
      .toSorted((a, b) => (a.timestamp < b.timestamp ? 1 : -1))
      .slice(0, limit);
  }
}
