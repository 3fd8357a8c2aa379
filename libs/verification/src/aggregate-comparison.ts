import {
  foldIntoSlots,
  hourOf,
  joinSlots,
  startOfHour,
  startOfSlot,
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
import { inParallel, type WorkBudget } from '@sensorflow/kernel';
import type { ReadingStore, StoredReading } from '@sensorflow/sensor-data';
import { differencesAt, type Difference, type Place } from './difference.js';
import { RecomputedSums } from './recomputed-sums.js';

/** What is looked at: some hours of one day. */
export interface Subject {
  readonly range: HourRange;
  /** All that has readings, or the one that was asked for. */
  readonly equipment: readonly string[];
  /** Undefined when the fleet is not looked at. */
  readonly metrics: RegisteredMetrics | undefined;
}

/** What one look found. */
export interface Look {
  /** Aggregates compared, on all levels. */
  readonly checked: number;
  /** Of those at most MOST_DIFFERENCES. */
  readonly differences: readonly Difference[];
  /** Equipment-hours that say themselves that they are not shown, and may be right: nothing to compare. */
  readonly tooLarge: number;
}

/** More than these are not noted in one look: about 4 MB. */
export const MOST_DIFFERENCES = 10_000;
/** Parsed in some milliseconds: a whole page of the store would hold up the requests of this process. */
const READINGS_PER_PAGE = 250;
/** So many metrics fit into a cell, whatever their names and digits: half a KB each. */
const CERTAINLY_FITTING = 750;
/** Equipment, or metrics, that are read at once: enough to hide the store's latency, few enough to leave it to others. */
const CONCURRENCY = 8;

/**
 * One look at the cells of all levels beside what the readings amount to, by the same folds as the
 * recomputation. It reads only, and holds the sums of its hours and one equipment's cells a worker.
 */
export class Inspection {
  constructor(
    private readonly readings: ReadingStore,
    private readonly aggregates: AggregateStore,
    private readonly fleet: FleetStore,
  ) {}

  /** Throws what the stores throw, and the signal's reason. */
  async look(subject: Subject, budget: WorkBudget): Promise<Look> {
    const notes = new Notes(budget);
    const sums = subject.metrics && new RecomputedSums();
    await inParallel(await this.candidates(subject, budget), CONCURRENCY, async (id) => {
      budget.signal.throwIfAborted();
      await this.lookAtEquipment(id, subject, notes, sums);
    });
    if (sums) await this.lookAtSums(subject, notes, sums);
    return notes;
  }

  /** Those that have readings, and those that have cells without any. */
  private async candidates(
    { range, equipment, metrics }: Subject,
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

  private async lookAtEquipment(
    equipmentId: string,
    { range, metrics: registered }: Subject,
    notes: Notes,
    sums: RecomputedSums | undefined,
  ): Promise<void> {
    const folds = await this.foldHours(equipmentId, range, notes);
    const cells = new Map<Hour, EquipmentHourCell>();
    for await (const page of this.aggregates.scanCells(equipmentId, range, notes.budget)) {
      notes.budget.signal.throwIfAborted();
      for (const cell of page) cells.set(cell.hour, cell);
    }
    const hours = new Set([...folds.keys(), ...cells.keys()]);
    if (hours.size > 0) notes.seek(await registered?.whereIs(equipmentId, notes.budget));
    for (const hour of hours) {
      const cell = cells.get(hour);
      const slots = folds.get(hour) ?? new Map();
      const metrics = joinSlots(slots);
      if (cell?.failure !== undefined && metrics.size > CERTAINLY_FITTING) notes.tooLarge += 1;
      else {
        compareHour({ equipmentId, hour }, cell, slots, metrics, notes);
        const shard = await this.aggregates.shardOf({ equipmentId, hour }, notes.budget);
        sums?.add(hour, shard, metrics);
      }
    }
  }

  private async foldHours(
    equipmentId: string,
    { from, to }: HourRange,
    notes: Notes,
  ): Promise<ReadonlyMap<Hour, HourSlots>> {
    const hours = new Map<Hour, HourSlots>();
    const span = [startOfHour(from), startOfHour(to), READINGS_PER_PAGE] as const;
    for await (const page of this.readings.scanRange(equipmentId, ...span, notes.budget)) {
      notes.budget.signal.throwIfAborted();
      for (const [hour, group] of Map.groupBy(page, hourOfReading)) {
        hours.set(hour, foldIntoSlots(group, hours.get(hour) ?? new Map()));
      }
    }
    return hours;
  }

  private async lookAtSums(
    { range, metrics }: Subject,
    notes: Notes,
    sums: RecomputedSums,
  ): Promise<void> {
    notes.seek(metrics?.everywhere);
    notes.seek(sums.metrics());
    await inParallel(notes.sought, CONCURRENCY, async (metric) => {
      notes.budget.signal.throwIfAborted();
      const unseen = new Map(sums.of(metric));
      for await (const page of this.fleet.scanSums(metric, range, notes.budget)) {
        notes.budget.signal.throwIfAborted();
        for (const sum of page) {
          const key = RecomputedSums.keyOf(sum.hour, sum.shard);
          notes.compare(sumPlace(sum, sum.version), sum.aggregate, unseen.get(key)?.aggregate);
          unseen.delete(key);
        }
      }
      for (const sum of unseen.values()) {
        notes.compare(sumPlace(sum, 0), undefined, sum.aggregate);
      }
    });
  }
}

class Notes implements Look {
  checked = 0;
  tooLarge = 0;
  readonly differences: Difference[] = [];
  /** Metrics whose sums are to be compared. */
  readonly sought = new Set<string>();

  constructor(readonly budget: WorkBudget) {}

  seek(metrics: Iterable<string> = []): void {
    for (const metric of metrics) this.sought.add(metric);
  }

  compare(place: Place, ...[stored, recomputed]: Compared): void {
    if (!stored && !recomputed) return;
    this.checked += 1;
    if (this.differences.length >= MOST_DIFFERENCES) return;
    this.differences.push(...differencesAt(place, stored, recomputed));
  }

  compareAll(place: Omit<Place, 'metric'>, stored: HourMetrics, recomputed: HourMetrics): void {
    for (const metric of new Set([...stored.keys(), ...recomputed.keys()])) {
      this.compare({ ...place, metric }, stored.get(metric), recomputed.get(metric));
    }
  }
}

type Compared = [
  stored: Parameters<typeof differencesAt>[1],
  recomputed: Parameters<typeof differencesAt>[2],
];

function compareHour(
  { equipmentId, hour }: EquipmentHour,
  cell: EquipmentHourCell | undefined,
  slots: HourSlots,
  metrics: HourMetrics,
  notes: Notes,
): void {
  const { version = 0 } = cell ?? {};
  const place = { equipmentId, version, start: startOfHour(hour) };
  notes.compareAll({ ...place, level: 'equipment-hour' }, cell?.metrics ?? new Map(), metrics);
  if (!cell?.slots) return;
  for (const slot of new Set([...cell.slots.keys(), ...slots.keys()])) {
    notes.compareAll(
      { ...place, level: 'slot', start: startOfSlot(hour, slot) },
      cell.slots.get(slot) ?? new Map(),
      slots.get(slot) ?? new Map(),
    );
  }
}

function sumPlace({ metric, hour, shard }: SumOf, version: number): Place {
  const place = { metric, version, start: startOfHour(hour) };
  return shard === undefined
    ? { ...place, level: 'fleet-hour' }
    : { ...place, level: 'shard-hour', shard };
}

function hourOfReading({ timestamp }: StoredReading): Hour {
  return hourOf(timestamp);
}
