import type { AggregateStore, EquipmentHour } from './aggregate-store.js';
import type { Difference } from './difference.js';
import { equipmentHourKey, type HourRecomputer } from './hour-recomputer.js';
import { hourOf, type Hour } from './hour.js';
import type { SumRecomputer } from './sum-recomputer.js';

/** A shard-hour, or the fleet's without a shard, and which of its metrics. */
interface DirtySums {
  readonly hour: Hour;
  readonly shard: number | undefined;
  readonly metrics: Set<string>;
}

/**
 * Puts right what differs, by the ordinary recomputation under the version locks: a cell, and then all
 * that stand above it. Safe to repeat and beside the streams.
 */
export class AggregateRepairer {
  constructor(
    private readonly aggregates: AggregateStore,
    private readonly hours: HourRecomputer,
    private readonly sums: SumRecomputer,
  ) {}

  /** Throws what the recomputers throw, and the signal's reason; what was done by then is done. */
  async repair(
    differences: readonly Difference[],
    deadlineEpochMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    for (const of of equipmentHoursIn(differences)) {
      signal.throwIfAborted();
      await this.hours.recomputeHour(of, deadlineEpochMs);
    }
    const above = await this.sumsAbove(differences);
    for (const { hour, shard, metrics } of above) {
      if (shard === undefined) continue;
      signal.throwIfAborted();
      await this.sums.recomputeShardHour({ hour, shard }, [...metrics], deadlineEpochMs);
    }
    for (const { hour, shard, metrics } of above) {
      if (shard !== undefined) continue;
      for (const metric of metrics) {
        signal.throwIfAborted();
        await this.sums.recomputeFleetHour({ hour, metric }, deadlineEpochMs);
      }
    }
  }

  private async sumsAbove(differences: readonly Difference[]): Promise<readonly DirtySums[]> {
    const dirty = new Map<string, DirtySums>();
    const add = (hour: Hour, shard: number | undefined, metric: string): void => {
      const key = `${hour}#${shard}`;
      const sums = dirty.get(key) ?? { hour, shard, metrics: new Set() };
      sums.metrics.add(metric);
      dirty.set(key, sums);
    };
    for (const { start, equipmentId, shard, metric } of differences) {
      const hour = hourOf(start);
      const own =
        equipmentId === undefined ? shard : await this.aggregates.shardOf({ equipmentId, hour });
      if (own !== undefined) add(hour, own, metric);
      add(hour, undefined, metric);
    }
    return [...dirty.values()];
  }
}

function equipmentHoursIn(differences: readonly Difference[]): Iterable<EquipmentHour> {
  const hours = new Map<string, EquipmentHour>();
  for (const { equipmentId, start } of differences) {
    if (equipmentId === undefined) continue;
    const of = { equipmentId, hour: hourOf(start) };
    hours.set(equipmentHourKey(of), of);
  }
  return hours.values();
}
