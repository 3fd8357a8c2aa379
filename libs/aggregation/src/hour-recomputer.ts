import { DomainError, type Clock } from '@sensorflow/kernel';
import type { ReadingStore } from '@sensorflow/sensor-data';
import {
  AGGREGATE_TOO_LARGE,
  type AggregateStore,
  type EquipmentHour,
  type EquipmentHourCell,
} from './aggregate-store.js';
import { endOfHour, startOfHour } from './hour.js';
import { foldReadings, type HourMetrics } from './hourly-aggregate.js';

const FIRST_BACKOFF_MS = 20;
const LONGEST_BACKOFF_MS = 1000;
/** About 150 bytes each. */
const REMEMBERED_VERSIONS = 20_000;

/** With `aggregate-too-large` the cell says so, and shows nothing until the readings have fewer metrics. */
export type RecomputeOutcome = 'recomputed' | typeof AGGREGATE_TOO_LARGE;

/**
 * Makes an aggregate equal to its readings: learns the cell's version, then reads the hour's readings,
 * then writes the next version, and starts over when another version stands there by then. Safe to
 * repeat, to run twice at once and to be killed at any moment.
 *
 * Why it is right: whoever writes version u + 1 knew u before reading the readings, so that it has seen
 * every change that the writer of u had seen. That needs every recomputation to write, also one that
 * finds nothing new: the write is what makes an older one that is still on its way fail.
 */
export class HourRecomputer {
  /**
   * Versions this process wrote, to spare a read of each. One that has moved since costs a conflict,
   * never a wrong aggregate, because a version never comes back.
   */
  private readonly writtenVersions = new Map<string, number>();

  constructor(
    private readonly readings: ReadingStore,
    private readonly aggregates: AggregateStore,
    private readonly clock: Clock,
    private readonly random: () => number = Math.random,
  ) {}

  /**
   * When it returns, the aggregate contains every change made before the call, or says that it is too
   * large. Throws DomainError `unavailable` (`recompute-out-of-time`) at the deadline, and what else
   * the stores throw.
   */
  async recomputeHour(of: EquipmentHour, deadlineEpochMs: number): Promise<RecomputeOutcome> {
    for (let conflicts = 0; ; conflicts += 1) {
      this.assertTimeLeft(deadlineEpochMs);
      const outcome = await this.recomputeOnce(of, deadlineEpochMs);
      if (outcome !== 'conflict') return outcome;
      const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** conflicts, LONGEST_BACKOFF_MS);
      await this.clock.sleep(this.random() * backoffMs);
    }
  }

  private async recomputeOnce(
    of: EquipmentHour,
    deadlineEpochMs: number,
  ): Promise<RecomputeOutcome | 'conflict'> {
    const version = (await this.versionOf(of)) + 1;
    const metrics = await this.fold(of, deadlineEpochMs);
    const outcome = await this.put({ ...of, version, metrics }, deadlineEpochMs);
    if (outcome !== 'conflict') this.remember(of, version);
    return outcome;
  }

  /**
   * Trying again cannot help a cell that is too large, and would stop its stream: its failure takes its
   * place, under the same version lock as every other write.
   */
  private async put(
    cell: EquipmentHourCell,
    deadlineEpochMs: number,
  ): Promise<RecomputeOutcome | 'conflict'> {
    try {
      const outcome = await this.aggregates.replaceCell(cell);
      return outcome === 'replaced' ? 'recomputed' : outcome;
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== AGGREGATE_TOO_LARGE) throw error;
    }
    this.assertTimeLeft(deadlineEpochMs);
    const failed = { ...cell, metrics: new Map(), failure: AGGREGATE_TOO_LARGE } as const;
    const outcome = await this.aggregates.replaceCell(failed);
    return outcome === 'replaced' ? AGGREGATE_TOO_LARGE : outcome;
  }

  /** Taken out of memory with the asking, so that a failed or refused write is followed by a look. */
  private async versionOf(of: EquipmentHour): Promise<number> {
    const key = equipmentHourKey(of);
    const written = this.writtenVersions.get(key);
    this.writtenVersions.delete(key);
    return written ?? this.aggregates.readVersion(of);
  }

  private async fold(of: EquipmentHour, deadlineEpochMs: number): Promise<HourMetrics> {
    let metrics: HourMetrics = new Map();
    const [from, to] = [startOfHour(of.hour), endOfHour(of.hour)];
    for await (const page of this.readings.scanRange(of.equipmentId, from, to)) {
      metrics = foldReadings(page, metrics);
      this.assertTimeLeft(deadlineEpochMs);
    }
    return metrics;
  }

  private remember(of: EquipmentHour, version: number): void {
    this.writtenVersions.set(equipmentHourKey(of), version);
    if (this.writtenVersions.size <= REMEMBERED_VERSIONS) return;
    for (const oldest of this.writtenVersions.keys()) {
      this.writtenVersions.delete(oldest);
      return;
    }
  }

  private assertTimeLeft(deadlineEpochMs: number): void {
    if (this.clock.nowEpochMs() < deadlineEpochMs) return;
    throw new DomainError(
      'unavailable',
      'recompute-out-of-time',
      'There was no time left to recompute this hour.',
    );
  }
}

/** Text that is equal for two equipment-hours exactly when they are one. */
export function equipmentHourKey({ equipmentId, hour }: EquipmentHour): string {
  return `${hour}#${equipmentId}`;
}
