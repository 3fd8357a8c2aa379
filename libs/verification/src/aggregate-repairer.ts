import {
  equipmentHourId,
  hourOf,
  RecomputationPool,
  type AggregateStore,
  type EquipmentHour,
  type Hour,
  type HourRecomputer,
  type SumRecomputer,
} from '@sensorflow/aggregation';
import { DomainError, type Clock, type WorkBudget } from '@sensorflow/kernel';
import type { Difference } from './difference.js';

/** Metrics to recompute of a shard-hour or, without a shard, of a fleet-hour. */
interface DirtySums {
  readonly hour: Hour;
  readonly shard: number | undefined;
  readonly metrics: Set<string>;
}

export interface RepairerPorts {
  readonly aggregates: AggregateStore;
  readonly hours: HourRecomputer;
  readonly sums: SumRecomputer;
}

/** One cell, or some metrics of a sum, to recompute. */
interface Repair {
  /** For the log. */
  readonly name: string;
  readonly recompute: () => Promise<unknown>;
}

/**
 * Repairs differences by the ordinary recomputation under the version locks: first the cells, then the sums
 * above them. Safe to repeat, and while the streams are processed. Waits for a store that throttles.
 */
export class AggregateRepairer {
  private readonly pool: RecomputationPool;

  constructor(
    private readonly ports: RepairerPorts,
    clock: Clock,
    /** Receives what cannot be repaired and stays as it is. Throws it by default. */
    private readonly onFailure: (error: Error) => void = (error) => {
      throw error;
    },
    random?: () => number,
  ) {
    this.pool = new RecomputationPool(clock, random);
  }

  /**
   * A failed cell does not block the others; the sums above it stay as they are. Throws the signal's
   * reason and, when all else is done, the recomputers' first DomainError, which is temporary.
   */
  async repair(
    differences: readonly Difference[],
    deadlineEpochMs: number,
    budget: WorkBudget,
  ): Promise<void> {
    const attempts = new Attempts(this.pool, deadlineEpochMs, budget);
    const cells = [...equipmentHoursIn(differences)].map(([id, of]) => ({
      id,
      name: `${of.equipmentId} ${of.hour}`,
      recompute: async () => this.ports.hours.recomputeHour(of, deadlineEpochMs),
    }));
    const failed = new Set((await attempts.run(cells)).map(({ id }) => id));
    const above = await this.sumsAbove(differences.filter((each) => !failed.has(hourIdOf(each))));
    await attempts.run(this.shardHoursOf(above, deadlineEpochMs));
    await attempts.run(this.fleetHoursOf(above, deadlineEpochMs));
    for (const error of attempts.lasting) this.onFailure(error);
    if (attempts.temporaryFailure) throw attempts.temporaryFailure;
  }

  private shardHoursOf(above: readonly DirtySums[], deadlineEpochMs: number): readonly Repair[] {
    return above.flatMap(({ hour, shard, metrics }) => {
      if (shard === undefined) return [];
      const recompute = async () =>
        this.ports.sums.recomputeShardHour({ hour, shard }, [...metrics], deadlineEpochMs);
      return [{ name: `shard ${shard} ${hour}`, recompute }];
    });
  }

  private fleetHoursOf(above: readonly DirtySums[], deadlineEpochMs: number): readonly Repair[] {
    return above
      .filter(({ shard }) => shard === undefined)
      .flatMap(({ hour, metrics }) =>
        Array.from(metrics, (metric) => ({
          name: `${metric} ${hour}`,
          recompute: async () =>
            this.ports.sums.recomputeFleetHour({ hour, metric }, deadlineEpochMs),
        })),
      );
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
        equipmentId === undefined
          ? shard
          : await this.ports.aggregates.shardOf({ equipmentId, hour });
      if (own !== undefined) add(hour, own, metric);
      add(hour, undefined, metric);
    }
    return [...dirty.values()];
  }
}

/** Recomputations side by side; the failure of one does not stop the others. */
class Attempts {
  /** The first temporary failure. */
  temporaryFailure: DomainError | undefined;
  readonly lasting: Error[] = [];

  constructor(
    private readonly pool: RecomputationPool,
    private readonly deadlineEpochMs: number,
    private readonly budget: WorkBudget,
  ) {}

  /** Answers what failed. Throws the signal's reason. */
  async run<R extends Repair>(repairs: readonly R[]): Promise<readonly R[]> {
    const { signal } = this.budget;
    const failed: R[] = [];
    await this.pool.run(repairs, this.deadlineEpochMs, {
      recompute: async ({ recompute }) => {
        signal.throwIfAborted();
        await recompute();
      },
      fail: (repair, error) => {
        failed.push(repair);
        if (!signal.aborted) this.note(repair, error);
      },
    });
    signal.throwIfAborted();
    return failed;
  }

  private note({ name }: Repair, error: unknown): void {
    if (error instanceof DomainError) this.temporaryFailure ??= error;
    else this.lasting.push(new Error(`${name} cannot be repaired`, { cause: error }));
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
