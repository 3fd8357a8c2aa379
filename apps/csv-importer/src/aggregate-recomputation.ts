import {
  HOUR_SEALED,
  parseHour,
  RecomputationPool,
  type AggregateStore,
  type ClosingProgress,
  type EquipmentHour,
  type HourRecomputer,
  type ShardHour,
  type SumRecomputer,
} from '@sensorflow/aggregation';
import { HourRecomputation, type ImportedHour } from '@sensorflow/csv-import';
import type { Clock } from '@sensorflow/kernel';

export interface RecomputationPorts {
  readonly hours: Pick<HourRecomputer, 'recomputeHour'>;
  readonly sums: Pick<SumRecomputer, 'recomputeShardHour' | 'recomputeFleetHour'>;
  readonly aggregates: Pick<AggregateStore, 'shardOf'>;
  readonly closing: Pick<ClosingProgress, 'read'>;
}

/** Metrics of a shard-hour that changed. */
interface WaitingSums {
  readonly of: ShardHour;
  readonly metrics: Set<string>;
}

/** With more of them, their sums are recomputed without being asked for. */
const MOST_WAITING = 2_000;

/**
 * Recomputes hours and sums as the streams' consumer does; both may, also at once. Waits for a store that throttles.
 * Hours that are not closed are left to their readers, who fold them, and to whoever closes them.
 */
export class AggregateRecomputation extends HourRecomputation {
  private readonly pool: RecomputationPool;
  private waiting = new Map<string, WaitingSums>();
  /** One at a time: who comes meanwhile must not take what is under way for done. */
  private underWay: Promise<void> = Promise.resolve();

  constructor(
    private readonly ports: RecomputationPorts,
    clock: Clock,
    random?: () => number,
  ) {
    super();
    this.pool = new RecomputationPool(clock, random);
  }

  override async recompute(
    hours: readonly ImportedHour[],
    deadlineEpochMs: number,
    lost: readonly string[] = [],
  ): Promise<number> {
    // Behind the changes: an hour that is not closed by now is recomputed when it is.
    const frontier = await this.ports.closing.read('frontier');
    const closed = hours.map(namedHour).filter(({ hour }) => hour < frontier);
    let sealed = 0;
    await this.runAll(closed, deadlineEpochMs, async (cell) => {
      const metrics = new Set(lost);
      const outcome = await this.ports.hours.recomputeHour(cell, deadlineEpochMs, {
        frontier,
        onWritten: (written) => {
          for (const metric of written) metrics.add(metric);
        },
      });
      if (outcome === HOUR_SEALED) sealed += 1;
      else await this.note(cell, metrics);
    });
    if (this.waiting.size > MOST_WAITING) await this.recomputeSums(deadlineEpochMs);
    return sealed;
  }

  private async note(cell: EquipmentHour, metrics: Iterable<string>): Promise<void> {
    const shard = await this.ports.aggregates.shardOf(cell);
    this.wait({ shard, hour: cell.hour }, metrics);
  }

  private wait(of: ShardHour, metrics: Iterable<string>): void {
    const id = `${of.hour}#${of.shard}`;
    const waiting = this.waiting.get(id) ?? { of, metrics: new Set() };
    for (const metric of metrics) waiting.metrics.add(metric);
    this.waiting.set(id, waiting);
  }

  override async recomputeSums(deadlineEpochMs: number): Promise<void> {
    const before = this.underWay;
    const own = before.catch(() => undefined).then(() => this.recomputeWaiting(deadlineEpochMs));
    this.underWay = own;
    return own;
  }

  private async recomputeWaiting(deadlineEpochMs: number): Promise<void> {
    const { sums } = this.ports;
    const waiting = [...this.waiting.values()];
    this.waiting = new Map();
    try {
      await this.runAll(waiting, deadlineEpochMs, ({ of, metrics }) =>
        sums.recomputeShardHour(of, [...metrics], deadlineEpochMs),
      );
      await this.runAll(fleetHoursOf(waiting), deadlineEpochMs, (of) =>
        sums.recomputeFleetHour(of, deadlineEpochMs),
      );
    } catch (error) {
      for (const { of, metrics } of waiting) this.wait(of, metrics);
      throw error;
    }
  }

  /** Throws the first failure; whoever failed for good leaves the others to the next run. */
  private async runAll<T>(
    cells: readonly T[],
    deadlineEpochMs: number,
    recompute: (cell: T) => Promise<void>,
  ): Promise<void> {
    const failures: unknown[] = [];
    await this.pool.run(cells, deadlineEpochMs, {
      recompute: async (cell) => {
        if (failures.length === 0) await recompute(cell);
      },
      fail: (_cell, error) => failures.push(error),
    });
    if (failures.length > 0) throw failures[0];
  }
}

function fleetHoursOf(waiting: readonly WaitingSums[]) {
  const fleetHours = new Map(
    waiting.flatMap(({ of: { hour }, metrics }) =>
      Array.from(metrics, (metric) => [`${hour}#${metric}`, { hour, metric }] as const),
    ),
  );
  return [...fleetHours.values()];
}

function namedHour({ equipmentId, hour: text }: ImportedHour): EquipmentHour {
  const hour = parseHour(text);
  if (hour === undefined) throw new Error(`the manifest names no hour: ${text}`);
  return { equipmentId, hour };
}
