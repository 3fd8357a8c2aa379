import type { Clock, WorkBudget } from '@sensorflow/kernel';
import type { ClosingProgress } from './closing/closing-progress.js';
import type { EquipmentHours } from './equipment-hours.js';
import type { FleetHour, FleetStore } from './fleet/fleet-store.js';
import { hasAggregate, HoursPage, type ListedHours } from './hours-page.js';
import {
  compareEquipmentHours,
  type AggregateStore,
  type EquipmentHour,
  type MetricHoursQuery,
} from './hours/aggregate-store.js';
import {
  hourPlus,
  isEmptyRange,
  startOfHourEpochSeconds,
  type Hour,
  type HourRange,
} from './hours/hour.js';
import { merge, type MetricAggregate } from './hours/hourly-aggregate.js';

export interface AggregatesQuery extends Omit<MetricHoursQuery, 'wanted'> {
  /** Hours of a page, shown or not, at least 1. */
  readonly limit: number;
}

export interface AggregatesReport extends ListedHours {
  /** Of the whole range, not the page; undefined without readings. */
  readonly summary: MetricAggregate | undefined;
  /**
   * Of all equipment: items and summary have every reading that was acknowledged before this and before its
   * hour was closed. Epoch seconds of the store's clock. Record 0008 says for which readings it may be wrong.
   */
  readonly asOfEpochSeconds?: number;
}

export interface FleetReport {
  readonly hours: readonly SummedHour[];
  /** As of AggregatesReport. */
  readonly asOfEpochSeconds: number;
}

type SummedHour = FleetHour & { readonly aggregate: MetricAggregate };

export interface HourlyAggregatesPorts {
  readonly aggregates: AggregateStore;
  readonly fleet: FleetStore;
  readonly equipment: EquipmentHours;
  readonly closing: ClosingProgress;
}

const NOTHING: AggregatesReport = { summary: undefined, items: [], notShown: [], next: undefined };

/** Readings are taken so long before the hour that they belong to. */
const MOST_AHEAD_SECONDS = 600;

/** Sums up the hours of a range, and lists them. */
export class HourlyAggregates {
  constructor(
    private readonly ports: HourlyAggregatesPorts,
    private readonly clock: Clock,
  ) {}

  /**
   * One equipment's summary comes from the items' own hours, which hold every acknowledged reading (see
   * EquipmentHours). The fleet's comes from the fleet-hours, which lag behind the items by their window, as of an
   * instant that it says; but hours that the page has in whole are summed up from its items, so that an answer
   * which is not paged agrees with itself. A page ends early when the budget is spent. Throws what the stores throw, `range-too-costly`, and the
   * reason of the budget's signal, never half a sum.
   */
  async report(query: AggregatesQuery, budget?: WorkBudget): Promise<AggregatesReport> {
    const { equipmentId, range, metric } = query;
    if (equipmentId !== undefined) {
      return isEmptyRange(range) ? NOTHING : this.reportOfOne(query, equipmentId, budget);
    }
    const { hours, asOfEpochSeconds } = await this.fleetHours(metric, range, budget);
    if (isEmptyRange(range)) return { ...NOTHING, asOfEpochSeconds };
    // One after the other: what is read later may have more than asOf says, and never less.
    const page = await this.fleetPage(query, budget);
    const shown = wholeHoursOf(page, query);
    const unseen = hours.filter(({ hour }) => !isWithin(shown, hour));
    const seen = page.items.filter(({ hour }) => isWithin(shown, hour));
    return { summary: sumUp([...unseen, ...seen]), asOfEpochSeconds, ...page };
  }

  /** What all equipment together amounts to in each hour that has the metric, in order. Throws what the stores throw. */
  async fleetHours(metric: string, range: HourRange, budget?: WorkBudget): Promise<FleetReport> {
    const asOf = Math.floor(this.clock.nowEpochMs() / 1000);
    if (isEmptyRange(range)) return { hours: [], asOfEpochSeconds: asOf };
    const closedBefore = await this.closedBefore(budget);
    const sums = await this.fleetSums(metric, range, budget);
    const asOfEpochSeconds = Math.min(asOf, asOfOpen(sums, openIn(range, closedBefore)));
    return { hours: sums.filter(isSum), asOfEpochSeconds };
  }

  private async closedBefore(budget: WorkBudget | undefined): Promise<Hour> {
    const read = async () => this.ports.closing.read('fleet-sums');
    return budget ? budget.call(read) : read();
  }

  /** Takes a dozen calls for the longest range. */
  private async fleetSums(
    metric: string,
    range: HourRange,
    budget: WorkBudget | undefined,
  ): Promise<readonly FleetHour[]> {
    const sums: FleetHour[] = [];
    for await (const hours of this.ports.fleet.scanFleet(metric, range, budget)) {
      for (const hour of hours) sums.push(hour);
    }
    return sums;
  }

  private async fleetPage(
    { limit, ...query }: AggregatesQuery,
    budget: WorkBudget | undefined,
  ): Promise<ListedHours> {
    const page = new HoursPage(limit);
    for await (const cells of this.ports.aggregates.scanMetric(
      { ...query, wanted: limit + 1 },
      budget,
    )) {
      page.add(cells);
      if (page.isFull()) break;
      if (budget?.isSpent() && cells.length > 0) return page.listed(cells.at(-1));
    }
    return page.listed();
  }

  private async reportOfOne(
    { limit, after, metric, range }: AggregatesQuery,
    equipmentId: string,
    budget: WorkBudget | undefined,
  ): Promise<AggregatesReport> {
    const hours = await this.ports.equipment.read({ equipmentId, metric, range }, budget);
    const page = new HoursPage(limit);
    page.add(hours.filter((hour) => !after || isBehind(hour, after)));
    return { summary: sumUp(hours.filter(hasAggregate)), ...page.listed() };
  }
}

/** Of its first and its last hour, other equipment may be on other pages. */
function wholeHoursOf({ next }: ListedHours, { range, after }: AggregatesQuery): HourRange {
  return { from: after ? hourPlus(after.hour, 1) : range.from, to: next?.hour ?? range.to };
}

function isWithin({ from, to }: HourRange, hour: Hour): boolean {
  return hour >= from && hour < to;
}

function openIn({ from, to }: HourRange, closedBefore: Hour): HourRange {
  return { from: closedBefore > from ? closedBefore : from, to };
}

/**
 * The oldest of what the sums of open hours say. Of an hour that says nothing only this is known: no reading
 * was acknowledged before it could belong to its hour.
 */
function asOfOpen(sums: readonly FleetHour[], open: HourRange): number {
  const said = new Map(sums.map((sum) => [sum.hour, sum.asOf ?? 0]));
  let asOf = Infinity;
  for (let hour = open.from; hour < open.to; hour = hourPlus(hour, 1)) {
    const opensAt = startOfHourEpochSeconds(hour) - MOST_AHEAD_SECONDS;
    asOf = Math.min(asOf, Math.max(said.get(hour) ?? 0, opensAt));
    // Nothing in a later hour can be older.
    if (asOf === opensAt) return asOf;
  }
  return asOf;
}

function isSum(hour: FleetHour): hour is SummedHour {
  return hour.aggregate !== undefined;
}

function isBehind(cell: EquipmentHour, after: EquipmentHour): boolean {
  return compareEquipmentHours(cell, after) > 0;
}

function sumUp(
  hours: readonly { readonly aggregate: MetricAggregate }[],
): MetricAggregate | undefined {
  return hours.reduce<MetricAggregate | undefined>(
    (sum, { aggregate }) => (sum ? merge(sum, aggregate) : aggregate),
    undefined,
  );
}
