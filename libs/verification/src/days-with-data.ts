import {
  dayOf,
  earlierHour,
  firstHourOfDay,
  hourOf,
  hourPlus,
  startOfHour,
  type AggregateStore,
  type FleetStore,
  type Hour,
  type HourRange,
} from '@sensorflow/aggregation';
import type { WorkBudget } from '@sensorflow/kernel';
import type { ReadingStore } from '@sensorflow/sensor-data';
import pLimit from 'p-limit';
import type { ComparisonScope } from './aggregate-comparison.js';

/** Equipment, or metrics, queried in parallel. */
const CONCURRENCY = 8;

/** Finds the days that have readings or cells, so that empty years cost next to nothing. */
export class DaysWithData {
  constructor(
    private readonly readings: ReadingStore,
    private readonly aggregates: AggregateStore,
    private readonly fleet: FleetStore,
  ) {}

  /** In order, each cut to the scope's range. Throws what the stores throw, and the signal's reason. */
  async *within(scope: ComparisonScope, budget: WorkBudget): AsyncGenerator<HourRange> {
    const { range, metrics, equipment } = scope;
    const only = metrics ? undefined : equipment[0];
    const withCells = await this.aggregates.daysWithin(range, only, budget);
    for (let from: Hour = range.from; from < range.to;) {
      const known = withCells.find((day) => day >= dayOf(from));
      if (known !== dayOf(from)) {
        const until = known === undefined ? range.to : firstHourOfDay(known);
        from = (await this.firstHour({ ...scope, range: { from, to: until } }, budget)) ?? until;
      }
      if (from >= range.to) return;
      const to = earlierHour(range.to, hourPlus(firstHourOfDay(dayOf(from)), 24));
      yield { from, to };
      from = to;
    }
  }

  /** The first hour that has readings or a fleet-hour, in days without equipment-hours. */
  private async firstHour(scope: ComparisonScope, budget: WorkBudget): Promise<Hour | undefined> {
    let first: Hour | undefined;
    const note = (hour: Hour | undefined): void => {
      if (hour !== undefined && (first === undefined || hour < first)) first = hour;
    };
    await pLimit(CONCURRENCY).map(scope.equipment, async (equipmentId) => {
      budget.signal.throwIfAborted();
      note(await this.firstHourOf(equipmentId, scope.range, budget));
    });
    await pLimit(CONCURRENCY).map(scope.metrics?.everywhere ?? [], async (metric) => {
      budget.signal.throwIfAborted();
      note(await this.firstFleetHour(metric, scope.range, budget));
    });
    return first;
  }

  private async firstHourOf(
    equipmentId: string,
    range: HourRange,
    budget: WorkBudget,
  ): Promise<Hour | undefined> {
    const [from, to] = [startOfHour(range.from), startOfHour(range.to)];
    const query = { equipmentId, from, to, order: 'asc', limit: 1 } as const;
    // A page ends where its budget is spent, perhaps among removed readings in front of the first.
    for (let page = await this.readings.range(query, budget); ;) {
      const [reading] = page.readings;
      if (reading) return hourOf(reading.timestamp);
      if (page.next === undefined) return undefined;
      budget.signal.throwIfAborted();
      page = await this.readings.range({ ...query, after: page.next }, budget);
    }
  }

  private async firstFleetHour(
    metric: string,
    range: HourRange,
    budget: WorkBudget,
  ): Promise<Hour | undefined> {
    for await (const [first] of this.fleet.scanFleet(metric, range, budget)) {
      if (first) return first.hour;
    }
    return undefined;
  }
}
