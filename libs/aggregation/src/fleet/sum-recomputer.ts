import type { Clock } from '@sensorflow/kernel';
import pLimit from 'p-limit';
import type { ReplaceOutcome } from '../hours/aggregate-store.js';
import {
  joinEquipment,
  type HourMetrics,
  type MetricAggregate,
} from '../hours/hourly-aggregate.js';
import { VersionLock } from '../hours/version-lock.js';
import { sumId, type FleetStore, type ShardHour, type Summand, type SumOf } from './fleet-store.js';

/** Cells that are read or written at once. */
const CONCURRENCY = 16;

type Versions = ReadonlyMap<SumOf, number>;

export interface ShardRecomputation {
  /**
   * What some equipment-hour said before the call: a scan takes time, and cells that appear meanwhile where it
   * has been already are older than what it still comes across.
   */
  readonly asOf?: number;
  /** Called for each metric that is done, so that a retry can leave it out. */
  readonly onDone?: (metric: string) => void;
}

interface Total {
  readonly metrics: HourMetrics;
  readonly asOf: number | undefined;
}

/**
 * Makes shard-hours equal to their equipment-hours, and fleet-hours equal to their shard-hours, each under
 * its version lock: record 0008. Safe to repeat, to run twice at once and to be killed at any moment.
 */
export class SumRecomputer {
  private readonly lock: VersionLock;

  constructor(
    private readonly fleet: FleetStore,
    clock: Clock,
    random?: () => number,
  ) {
    this.lock = new VersionLock(clock, random);
  }

  /**
   * When it returns, these metrics of the shard-hour contain every change of its equipment-hours made
   * before the call. Throws `recompute-out-of-time` at the deadline, and what else the store throws.
   */
  async recomputeShardHour(
    of: ShardHour,
    metrics: readonly string[],
    deadlineEpochMs: number,
    { asOf = 0, onDone }: ShardRecomputation = {},
  ): Promise<void> {
    const sums = metrics.map((metric) => ({ ...of, metric }));
    const scan = (wanted: readonly string[]) => this.fleet.scanShard(of, wanted);
    await this.recompute(sums, deadlineEpochMs, scan, { asOf, ...(onDone && { onDone }) });
  }

  /** The same for a metric's fleet-hour and its shard-hours. */
  async recomputeFleetHour(
    { metric, hour }: Omit<SumOf, 'shard'>,
    deadlineEpochMs: number,
  ): Promise<void> {
    await this.recompute([{ metric, hour }], deadlineEpochMs, () =>
      this.fleet.scanShardSums(metric, hour),
    );
  }

  /**
   * One scan for all; those that another was first to write are done again. A version that this process
   * does not remember is taken for 0 at first: most such cells are new, and if one is not, its write is
   * refused and its version read.
   */
  private async recompute(
    sums: readonly SumOf[],
    deadlineEpochMs: number,
    scan: (metrics: readonly string[]) => AsyncIterable<readonly Summand[]>,
    { asOf: mostAsOf = Infinity, onDone }: ShardRecomputation = {},
  ): Promise<void> {
    let pending = sums;
    let versions: Versions = new Map(
      sums.map((of) => [of, this.lock.takeRemembered(sumId(of)) ?? 0]),
    );
    await this.lock.untilNoConflict(deadlineEpochMs, async () => {
      if (pending !== sums) versions = await this.readVersions(pending);
      const metrics = new Map<string, MetricAggregate>();
      let asOf: number | undefined;
      for await (const page of scan(pending.map(({ metric }) => metric))) {
        joinEquipment(
          page.map((summand) => summand.metrics),
          metrics,
        );
        asOf = page.reduce((oldest, summand) => older(oldest, summand.asOf), asOf);
        this.lock.assertTimeLeft(deadlineEpochMs);
      }
      const total = { metrics, asOf: asOf && Math.min(asOf, mostAsOf) };
      pending = await this.putAll(versions, total, onDone);
      return pending.length === 0 ? 'recomputed' : 'conflict';
    });
  }

  private async readVersions(sums: readonly SumOf[]): Promise<Versions> {
    const versions = new Map<SumOf, number>();
    await pLimit(CONCURRENCY).map(sums, async (of) => {
      versions.set(of, await this.fleet.readVersion(of));
    });
    return versions;
  }

  /** Answers the sums that another process wrote first. Throws the first failure, and begins no others after it. */
  private async putAll(
    versions: Versions,
    total: Total,
    onDone: ShardRecomputation['onDone'],
  ): Promise<readonly SumOf[]> {
    const conflicting: SumOf[] = [];
    const failures: unknown[] = [];
    await pLimit(CONCURRENCY).map(versions, async ([of, known]) => {
      try {
        const outcome = failures.length === 0 && (await this.put(of, known + 1, total));
        if (outcome === 'replaced') onDone?.(of.metric);
        else if (outcome === 'conflict') conflicting.push(of);
        else this.lock.remember(sumId(of), known);
      } catch (error) {
        // A write refused for another version costs as much as one that is done.
        this.lock.remember(sumId(of), known);
        failures.push(error);
      }
    });
    if (failures.length > 0) throw failures[0];
    return conflicting;
  }

  private async put(of: SumOf, version: number, { metrics, asOf }: Total): Promise<ReplaceOutcome> {
    const aggregate = metrics.get(of.metric);
    const sum = { ...of, version, aggregate, ...(asOf !== undefined && { asOf }) };
    const outcome = await this.fleet.replaceSum(sum);
    if (outcome === 'replaced') this.lock.remember(sumId(of), version);
    return outcome;
  }
}

/** Undefined is closed, and no bound. */
function older(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
