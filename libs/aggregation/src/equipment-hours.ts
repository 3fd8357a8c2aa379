import { DomainError, type Clock, type WorkBudget } from '@sensorflow/kernel';
import type { ReadingStore, Retention, StoredReading } from '@sensorflow/sensor-data';
import pLimit from 'p-limit';
import type { AggregateStore, ScannedHour } from './hours/aggregate-store.js';
import { hourOf, hourPlus, startOfHour, type Hour, type HourRange } from './hours/hour.js';
import { foldMetric, type MetricAggregate } from './hours/hourly-aggregate.js';
import { readUnitsOf } from './hours/read-units.js';
import { runsToFold } from './hours/runs-to-fold.js';
import { SharedHourFolds } from './hours/shared-hour-folds.js';

export interface EquipmentHoursQuery {
  readonly equipmentId: string;
  readonly metric: string;
  readonly range: HourRange;
}

export interface EquipmentHoursPorts {
  readonly aggregates: AggregateStore;
  readonly readings: ReadingStore;
}

/** A year of hours, of which every other has no readings; or 400 MB. */
const MOST_CALLS = { storeCalls: 1000, ms: Infinity };
/** Runs that are folded in parallel. */
const CONCURRENCY = 4;
/** An hour that costs more is folded for all who ask together. About 600 readings. */
const LARGE_HOUR_UNITS = 25;

type Folded = Map<Hour, MetricAggregate>;

/**
 * One equipment's hours, never behind its acknowledged readings: closed cells as they stand, every other
 * hour folded from the log when it is asked for. Record 0020.
 */
export class EquipmentHours {
  private readonly shared: SharedHourFolds;

  constructor(
    private readonly ports: EquipmentHoursPorts,
    private readonly retention: Retention,
    private readonly clock: Clock,
  ) {
    this.shared = new SharedHourFolds(ports.readings, clock);
  }

  /**
   * Every hour of the range that has the metric or is too large to show, in order. Throws what the stores
   * throw, `range-too-costly` whatever else the budget was spent on, and the reason of its signal.
   */
  async read(
    query: EquipmentHoursQuery,
    wholeBudget?: WorkBudget,
  ): Promise<readonly ScannedHour[]> {
    const budget = wholeBudget?.partWith(MOST_CALLS);
    const trusted = await this.trustedCells(query, budget);
    // Only now: what was acknowledged before a cell was read as open is in the log.
    const folded = await this.fold(query, trusted, budget);
    const { equipmentId } = query;
    const hours: ScannedHour[] = [...trusted.values()];
    for (const [hour, aggregate] of folded) hours.push({ equipmentId, hour, aggregate });
    return hours.sort((a, b) => (a.hour < b.hour ? -1 : 1));
  }

  private async trustedCells(
    query: EquipmentHoursQuery,
    budget: WorkBudget | undefined,
  ): Promise<ReadonlyMap<Hour, ScannedHour>> {
    const trusted = new Map<Hour, ScannedHour>();
    for await (const cells of this.ports.aggregates.scanMetric(query, budget)) {
      assertAffordable(budget);
      for (const cell of cells) if (this.isTrusted(cell)) trusted.set(cell.hour, cell);
    }
    return trusted;
  }

  /** The readings of a sealed hour may have begun to expire. */
  private isTrusted({ hour, isClosed }: ScannedHour): boolean {
    return isClosed === true || this.retention.isSealed(startOfHour(hour), this.clock.nowEpochMs());
  }

  private async fold(
    { equipmentId, metric, range }: EquipmentHoursQuery,
    trusted: ReadonlyMap<Hour, ScannedHour>,
    budget: WorkBudget | undefined,
  ): Promise<Folded> {
    const folded: Folded = new Map();
    const large = new Set<Hour>();
    const isLarge = (hour: Hour): boolean => {
      if (this.shared.isLarge({ equipmentId, hour })) large.add(hour);
      return large.has(hour);
    };
    const runs = runsToFold(range, trusted, isLarge);
    await pLimit(CONCURRENCY).map(runs, async (run) => {
      for (let from: Hour | undefined = run.from; from !== undefined && from < run.to;) {
        const query = { equipmentId, metric, range: { from, to: run.to } };
        const tooLarge = await this.foldRun(query, trusted, folded, budget);
        if (tooLarge !== undefined) large.add(tooLarge);
        from = tooLarge && hourPlus(tooLarge, 1);
      }
    });
    await pLimit(CONCURRENCY).map(large, async (hour) => {
      assertAffordable(budget);
      const metrics = await this.shared.fold({ equipmentId, hour }, budget);
      const aggregate = metrics.get(metric);
      if (aggregate) folded.set(hour, aggregate);
    });
    return folded;
  }

  /** Folds hours until one is too large, and answers that one. */
  private async foldRun(
    { equipmentId, metric, range }: EquipmentHoursQuery,
    trusted: ReadonlyMap<Hour, ScannedHour>,
    folded: Folded,
    budget: WorkBudget | undefined,
  ): Promise<Hour | undefined> {
    const span = [startOfHour(range.from), startOfHour(range.to)] as const;
    let [current, units]: [Hour | undefined, number] = [undefined, 0];
    for await (const page of this.ports.readings.scanRange(equipmentId, ...span, budget)) {
      assertAffordable(budget);
      for (const [hour, readings] of Map.groupBy(page, hourOfReading)) {
        if (trusted.has(hour)) continue;
        units = readUnitsOf(readings) + (hour === current ? units : 0);
        current = hour;
        if (units > LARGE_HOUR_UNITS) {
          folded.delete(hour);
          return hour;
        }
        const aggregate = foldMetric(readings, metric, folded.get(hour));
        if (aggregate) folded.set(hour, aggregate);
      }
    }
    return undefined;
  }
}

function assertAffordable(budget: WorkBudget | undefined): void {
  if (!budget?.isSpent()) return;
  throw new DomainError(
    'invalid',
    'range-too-costly',
    'This equipment has too many hours to sum up in one answer. Ask for a shorter range.',
  );
}

function hourOfReading({ timestamp }: StoredReading): Hour {
  return hourOf(timestamp);
}
