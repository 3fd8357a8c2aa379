import {
  equipmentHourKey,
  hourOf,
  type AggregateStore,
  type EquipmentHour,
  type Hour,
  type HourRecomputer,
  type SumRecomputer,
} from '@sensorflow/aggregation';
import { DomainError, type WorkBudget } from '@sensorflow/kernel';
import type { Difference } from './difference.js';

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
    /** Told of what cannot be repaired, and stays as it is; without it that is thrown. */
    private readonly onFailure: (error: Error) => void = (error) => {
      throw error;
    },
  ) {}

  /**
   * What fails holds up nothing behind it, and what stands above it stays as well. Throws the signal's
   * reason; and when all else is done, the first DomainError of the recomputers, which passes.
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
    const above = await this.sumsAbove(differences.filter((each) => !failed.has(hourKey(each))));
    await this.repairSums(above, deadlineEpochMs, attempts);
    if (attempts.passing) throw attempts.passing;
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

/** One after the other, whatever becomes of those before. */
class Attempts {
  /** The first failure that passes. */
  passing: DomainError | undefined;

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
      if (error instanceof DomainError) this.passing ??= error;
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
    hours.set(hourKey(difference), { equipmentId, hour: hourOf(start) });
  }
  return hours;
}

/** Of its equipment-hour; of a sum it is equal to no such. */
function hourKey({ equipmentId = '', start }: Difference): string {
  return equipmentHourKey({ equipmentId, hour: hourOf(start) });
}
