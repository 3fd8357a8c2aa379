import type { EquipmentRestriction } from '@sensorflow/auth';
import { DomainError, instantFromEpochMs, type Clock, type WorkBudget } from '@sensorflow/kernel';
import type { KnownEquipment } from '@sensorflow/equipment';
import {
  undefinedIfTooCostly,
  type ReadingStore,
  type SensorDataService,
  type StoredReading,
} from '@sensorflow/sensor-data';
import { parseMeasurement, type CipSource } from './cip-measurement.js';
import type { LatelyActive } from './lately-active.js';

export interface CipCaller extends CipSource {
  readonly callerId: string;
  readonly restriction: EquipmentRestriction | undefined;
}

const RECENT_MS = 24 * 60 * 60 * 1000;
/** Readings have no index by time, so at most this many sensors are looked up, and so many of them read. */
const MOST_EQUIPMENT = 200;
const MOST_SENSORS = 20;
/** Looked at in parallel. */
const CONCURRENCY = 32;

/** Takes readings of the earlier service's devices, and finds them again in its words. */
export class CipReadings {
  constructor(
    private readonly sensorData: SensorDataService,
    private readonly store: ReadingStore,
    private readonly equipment: KnownEquipment,
    private readonly activity: LatelyActive,
    private readonly clock: Clock,
  ) {}

  /**
   * Stores a body at the instant of its arrival; returns it once it is durable. Throws `invalid-reading`, whose
   * message says all that is wrong, and what `SensorDataService.recordReading` throws.
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

  /**
   * The newest of the last 24 hours, of the 20 sensors that sent something last: of all sensors, where up to 200
   * sent something in that time, or else of 200 of those with readings in the newest hours; of a restricted caller's
   * first 200. Throws what the stores throw.
   */
  async recent(
    limit: number,
    restriction: EquipmentRestriction | undefined,
    budget: WorkBudget,
  ): Promise<readonly StoredReading[]> {
    const now = this.clock.nowEpochMs();
    const from = instantFromEpochMs(Math.max(0, Math.floor(now) - RECENT_MS));
    const candidates = restriction
      ? await this.allowedTo(restriction, budget)
      : [...(await this.activity.newest(MOST_EQUIPMENT, budget))];
    const newest = (await this.newestOf(candidates.slice(0, MOST_EQUIPMENT), budget))
      .filter(({ timestamp }) => timestamp >= from)
      .toSorted(newestFirst)
      .slice(0, MOST_SENSORS);
    const pages = await Promise.all(
      newest.map(async ({ equipmentId }) =>
        this.store.range({ equipmentId, order: 'desc', limit, from }, budget),
      ),
    );
    return pages
      .flatMap(({ readings }) => readings)
      .toSorted(newestFirst)
      .slice(0, limit);
  }

  private async allowedTo(
    restriction: EquipmentRestriction,
    budget: WorkBudget,
  ): Promise<readonly string[]> {
    const { items } = await this.equipment.list({ limit: MOST_EQUIPMENT, restriction }, budget);
    return items.map(({ equipmentId }) => equipmentId);
  }

  /** The newest reading of each that has one. */
  private async newestOf(
    equipmentIds: readonly string[],
    budget: WorkBudget,
  ): Promise<readonly StoredReading[]> {
    const found: StoredReading[] = [];
    for (let at = 0; at < equipmentIds.length; at += CONCURRENCY) {
      const some = equipmentIds.slice(at, at + CONCURRENCY);
      const latest = await Promise.all(
        some.map(async (id) => this.store.latest(id, budget).catch(undefinedIfTooCostly)),
      );
      found.push(...latest.filter((reading) => reading !== undefined));
    }
    return found;
  }
}

function newestFirst(a: StoredReading, b: StoredReading): number {
  if (a.timestamp === b.timestamp) return 0;
  return a.timestamp < b.timestamp ? 1 : -1;
}
