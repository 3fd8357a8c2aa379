import {
  equipmentHourId,
  hourOf,
  type AggregateStore,
  type EquipmentHour,
  type Hour,
  type HourRecomputer,
  type SumRecomputer,
} from '@sensorflow/aggregation';
import { DomainError, type WorkBudget } from '@sensorflow/kernel';
import type { Difference } from './difference.js';

/** Metrics to recompute of a shard-hour or, without a shard, of a fleet-hour. */
interface DirtySums {
  readonly hour: Hour;
  readonly shard: number | undefined;
  readonly metrics: Set<string>;
}

/**
 * Repairs differences by the ordinary recomputation under the version locks: first the cell, then the sums
 * above it. Safe to repeat, and while the streams are processed.
 */
export class AggregateRepairer {
  constructor(
    private readonly aggregates: AggregateStore,
    private readonly hours: HourRecomputer,
    private readonly sums: SumRecomputer,
    /** Receives what cannot be repaired and stays as it is. Throws it by default. */
    private readonly onFailure: (error: Error) => void = (error) => {
      throw error;
    },
  ) {}

  /**
   * A failed cell does not block later ones; the sums above it stay as they are. Throws the signal's
   * reason and, when all else is done, the recomputers' first DomainError, which is temporary.
   */
  async repair(
    differences: readonly Difference[],
    deadlineEpochMs: number,
    budget: WorkBudget,
  ): Promise<void> {
    const attempts = new Attempts(budget, this.onFailure);
    const failed = new Set<string>();
    for (const [key, of] of equipmentHoursIn(differences)) {
      const name = `${of.equipmentId} ${of.hour}`;
      const recompute = async () => this.hours.recomputeHour(of, deadlineEpochMs);
      if (!(await attempts.succeed(name, recompute))) failed.add(key);
    }
    const above = await this.sumsAbove(differences.filter((each) => !failed.has(hourIdOf(each))));
    await this.repairSums(above, deadlineEpochMs, attempts);
    if (attempts.temporaryFailure) throw attempts.temporaryFailure;
  }

  private async repairSums(
    above: readonly DirtySums[],
    deadlineEpochMs: number,
    attempts: Attempts,
  ): Promise<void> {
    for (const { hour, shard, metrics } of above) {
      if (shard === undefined) continue;
      await attempts.succeed(`shard ${shard} ${hour}`, async () =>
        this.sums.recomputeShardHour({ hour, shard }, [...metrics], deadlineEpochMs),
      );
    }
    for (const { hour, shard, metrics } of above) {
      if (shard !== undefined) continue;
      for (const metric of metrics) {
        await attempts.succeed(`${metric} ${hour}`, async () =>
          this.sums.recomputeFleetHour({ hour, metric }, deadlineEpochMs),
        );
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

/** Runs recomputations one after the other; a failure does not stop the next. */
class Attempts {
  /** The first temporary failure. */
  temporaryFailure: DomainError | undefined;

  constructor(
    private readonly budget: WorkBudget,
    private readonly onFailure: (error: Error) => void,
  ) {}

  async succeed(name: string, recompute: () => Promise<unknown>): Promise<boolean> {
    this.budget.signal.throwIfAborted();
    try {
      await recompute();
      return true;
    } catch (error) {
      if (error instanceof DomainError) this.temporaryFailure ??= error;
      else this.onFailure(new Error(`${name} cannot be repaired`, { cause: error }));
      return false;
    }
  }
}

function equipmentHoursIn(differences: readonly Difference[]): ReadonlyMap<string, EquipmentHour> {
  const hours = new Map<string, EquipmentHour>();
  for (const difference of differences) {
    const { equipmentId, start } = difference;
    if (equipmentId === undefined) continue;
    hours.set(hourIdOf(difference), { equipmentId, hour: hourOf(start) });
  }
  return hours;
}

/** The id of its equipment-hour. Never matches one if the difference is a sum's. */
function hourIdOf({ equipmentId = '', start }: Difference): string {
  return equipmentHourId({ equipmentId, hour: hourOf(start) });
}
