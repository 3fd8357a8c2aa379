import {
  foldIntoSlots,
  hourOf,
  joinSlots,
  startOfHour,
  startOfSlot,
  sumId,
  type AggregateStore,
  type EquipmentHour,
  type EquipmentHourCell,
  type FleetStore,
  type Hour,
  type HourMetrics,
  type HourRange,
  type HourSlots,
  type SumOf,
} from '@sensorflow/aggregation';
import type { RegisteredMetrics } from '@sensorflow/equipment';
import type { WorkBudget } from '@sensorflow/kernel';
import type { ReadingStore, StoredReading } from '@sensorflow/sensor-data';
import pLimit from 'p-limit';
import { RunningComparison, type ComparisonResult } from './comparison-result.js';
import type { AggregateKey } from './difference.js';
import { RecomputedSums } from './recomputed-sums.js';

/** What to compare: some hours of one day. */
export interface ComparisonScope {
  readonly range: HourRange;
  /** All equipment that has readings, or the one that was asked for. */
  readonly equipment: readonly string[];
  /** Undefined when the fleet's sums are left out. */
  readonly metrics: RegisteredMetrics | undefined;
}

/** This many metrics always fit into a cell, however long their names and numbers: half a KB each. */
const CERTAINLY_FITTING = 750;
/** Equipment, or metrics, read in parallel: enough to hide the store's latency without crowding out other requests. */
const CONCURRENCY = 8;

/**
 * Compares the stored aggregates of all levels with what the readings add up to, using the recomputation's
 * own folds. Only reads. Keeps the sums of its hours in memory, and one equipment's cells per worker.
 */
export class AggregateComparison {
  constructor(
    private readonly readings: ReadingStore,
    private readonly aggregates: AggregateStore,
    private readonly fleet: FleetStore,
  ) {}

  /** Throws what the stores throw, and the signal's reason. */
  async compare(scope: ComparisonScope, budget: WorkBudget): Promise<ComparisonResult> {
    const running = new RunningComparison(budget);
    const sums = scope.metrics && new RecomputedSums();
    await pLimit(CONCURRENCY).map(await this.candidates(scope, budget), async (id) => {
      budget.signal.throwIfAborted();
      await this.compareEquipment(id, scope, running, sums);
    });
    if (sums) await this.compareSums(scope, running, sums);
    return running;
  }

  /** Equipment with readings, and equipment with cells but without readings. */
  private async candidates(
    { range, equipment, metrics }: ComparisonScope,
    budget: WorkBudget,
  ): Promise<ReadonlySet<string>> {
    const candidates = new Set(equipment);
    if (!metrics) return candidates;
    for await (const page of this.aggregates.scanEquipment(range, budget)) {
      budget.signal.throwIfAborted();
      for (const id of page) candidates.add(id);
    }
    return candidates;
  }

  private async compareEquipment(
    equipmentId: string,
    { range, metrics: registered }: ComparisonScope,
    running: RunningComparison,
    sums: RecomputedSums | undefined,
  ): Promise<void> {
    const folds = await this.foldHours(equipmentId, range, running);
    const cells = new Map<Hour, EquipmentHourCell>();
    for await (const page of this.aggregates.scanCells(equipmentId, range, running.budget)) {
      running.budget.signal.throwIfAborted();
      for (const cell of page) cells.set(cell.hour, cell);
    }
    const hours = new Set([...folds.keys(), ...cells.keys()]);
    if (hours.size > 0) running.seek(await registered?.whereIs(equipmentId, running.budget));
    for (const hour of hours) {
      const cell = cells.get(hour);
      const slots = folds.get(hour) ?? new Map();
      const metrics = joinSlots(slots);
      if (cell?.failure !== undefined && metrics.size > CERTAINLY_FITTING) running.tooLarge += 1;
      else {
        compareHour({ equipmentId, hour }, cell, slots, metrics, running);
        const shard = await this.aggregates.shardOf({ equipmentId, hour }, running.budget);
        sums?.add(hour, shard, metrics);
      }
    }
  }

  private async foldHours(
    equipmentId: string,
    { from, to }: HourRange,
    running: RunningComparison,
  ): Promise<ReadonlyMap<Hour, HourSlots>> {
    const hours = new Map<Hour, HourSlots>();
    const span = [startOfHour(from), startOfHour(to)] as const;
    for await (const page of this.readings.scanRange(equipmentId, ...span, running.budget)) {
      running.budget.signal.throwIfAborted();
      for (const [hour, group] of Map.groupBy(page, hourOfReading)) {
        hours.set(hour, foldIntoSlots(group, hours.get(hour) ?? new Map()));
      }
    }
    return hours;
  }

  private async compareSums(
    { range, metrics }: ComparisonScope,
    running: RunningComparison,
    sums: RecomputedSums,
  ): Promise<void> {
    running.seek(metrics?.everywhere);
    running.seek(sums.metrics());
    await pLimit(CONCURRENCY).map(running.sought, async (metric) => {
      running.budget.signal.throwIfAborted();
      const unseen = new Map(sums.of(metric));
      for await (const page of this.fleet.scanSums(metric, range, running.budget)) {
        running.budget.signal.throwIfAborted();
        for (const sum of page) {
          const id = sumId(sum);
          const recomputed = unseen.get(id)?.aggregate;
          running.compare(sumAggregateKey(sum, sum.version), sum.aggregate, recomputed);
          unseen.delete(id);
        }
      }
      for (const sum of unseen.values()) {
        running.compare(sumAggregateKey(sum, 0), undefined, sum.aggregate);
      }
    });
  }
}

function compareHour(
  { equipmentId, hour }: EquipmentHour,
  cell: EquipmentHourCell | undefined,
  slots: HourSlots,
  metrics: HourMetrics,
  running: RunningComparison,
): void {
  const { version = 0 } = cell ?? {};
  const key = { equipmentId, version, start: startOfHour(hour) };
  running.compareAll({ ...key, level: 'equipment-hour' }, cell?.metrics ?? new Map(), metrics);
  if (!cell?.slots) return;
  for (const slot of new Set([...cell.slots.keys(), ...slots.keys()])) {
    running.compareAll(
      { ...key, level: 'slot', start: startOfSlot(hour, slot) },
      cell.slots.get(slot) ?? new Map(),
      slots.get(slot) ?? new Map(),
    );
  }
}

function sumAggregateKey({ metric, hour, shard }: SumOf, version: number): AggregateKey {
  const key = { metric, version, start: startOfHour(hour) };
  return shard === undefined
    ? { ...key, level: 'fleet-hour' }
    : { ...key, level: 'shard-hour', shard };
}

function hourOfReading({ timestamp }: StoredReading): Hour {
  return hourOf(timestamp);
}
