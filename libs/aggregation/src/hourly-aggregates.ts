import { DomainError, type WorkBudget } from '@sensorflow/kernel';
import type { FleetStore } from './fleet/fleet-store.js';
import { hasAggregate, HoursPage, type ListedHours } from './hours-page.js';
import {
  compareEquipmentHours,
  type AggregateStore,
  type EquipmentHour,
  type MetricHoursQuery,
} from './hours/aggregate-store.js';
import { isEmptyRange, type HourRange } from './hours/hour.js';
import { merge, type MetricAggregate } from './hours/hourly-aggregate.js';

export interface AggregatesQuery extends Omit<MetricHoursQuery, 'wanted'> {
  /** Hours of a page, shown or not, at least 1. */
  readonly limit: number;
}

export interface AggregatesReport extends ListedHours {
  /** Of the whole range, not the page; undefined without readings. */
  readonly summary: MetricAggregate | undefined;
}

const NOTHING: AggregatesReport = { summary: undefined, items: [], notShown: [], next: undefined };

/** Limit for one equipment, whose summary cannot end early: some four times what 366 days take. */
const MOST_CALLS_OF_ONE = { storeCalls: 400, ms: Infinity };

/** Sums up the hours of a range, and lists them. */
export class HourlyAggregates {
  constructor(
    private readonly aggregates: AggregateStore,
    private readonly fleet: FleetStore,
  ) {}

  /**
   * The fleet's summary comes from the fleet-hours and may lag behind the items by seconds; one equipment's
   * comes from the items' own hours. A page ends early when the budget is spent. Throws what the
   * stores throw, `range-too-costly`, and the reason of the budget's signal, never half a sum.
   */
  async report(query: AggregatesQuery, budget?: WorkBudget): Promise<AggregatesReport> {
    if (isEmptyRange(query.range)) return NOTHING;
    if (query.equipmentId !== undefined) return this.reportOfOne(query, budget);
    const [summary, page] = await Promise.all([
      this.fleetSummary(query.metric, query.range, budget),
      this.fleetPage(query, budget),
    ]);
    return { summary, ...page };
  }

  /** Takes a dozen calls for the longest range. */
  private async fleetSummary(
    metric: string,
    range: HourRange,
    budget: WorkBudget | undefined,
  ): Promise<MetricAggregate | undefined> {
    let summary: MetricAggregate | undefined;
    for await (const hours of this.fleet.scanFleet(metric, range, budget)) {
      summary = sumUp(hours, summary);
    }
    return summary;
  }

  private async fleetPage(
    { limit, ...query }: AggregatesQuery,
    budget: WorkBudget | undefined,
  ): Promise<ListedHours> {
    const page = new HoursPage(limit);
    for await (const cells of this.aggregates.scanMetric({ ...query, wanted: limit + 1 }, budget)) {
      page.add(cells);
      if (page.isFull()) break;
      if (budget?.isSpent() && cells.length > 0) return page.listed(cells.at(-1));
    }
    return page.listed();
  }

  /** One pass over the range, in constant memory. */
  private async reportOfOne(
    { limit, after, ...query }: AggregatesQuery,
    budget: WorkBudget | undefined,
  ): Promise<AggregatesReport> {
    let summary: MetricAggregate | undefined;
    const page = new HoursPage(limit);
    for await (const cells of this.aggregates.scanMetric(query, budget)) {
      if (budget?.isSpent(MOST_CALLS_OF_ONE)) throw rangeTooCostly();
      summary = sumUp(cells.filter(hasAggregate), summary);
      page.add(cells.filter((cell) => !after || isBehind(cell, after)));
    }
    return { summary, ...page.listed() };
  }
}

function isBehind(cell: EquipmentHour, after: EquipmentHour): boolean {
  return compareEquipmentHours(cell, after) > 0;
}

function sumUp(
  page: readonly { readonly aggregate: MetricAggregate }[],
  before: MetricAggregate | undefined,
): MetricAggregate | undefined {
  return page.reduce<MetricAggregate | undefined>(
    (sum, { aggregate }) => (sum ? merge(sum, aggregate) : aggregate),
    before,
  );
}

function rangeTooCostly(): DomainError {
  return new DomainError(
    'invalid',
    'range-too-costly',
    'The hours of this equipment are too many to sum up in one answer. Ask for a shorter range.',
  );
}
