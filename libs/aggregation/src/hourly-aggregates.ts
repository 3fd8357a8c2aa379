import type { WorkBudget } from '@sensorflow/kernel';
import type { EquipmentHours } from './equipment-hours.js';
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

/** Sums up the hours of a range, and lists them. */
export class HourlyAggregates {
  constructor(
    private readonly aggregates: AggregateStore,
    private readonly fleet: FleetStore,
    private readonly equipment: EquipmentHours,
  ) {}

  /**
   * One equipment's summary comes from the items' own hours, which hold every acknowledged reading (see
   * EquipmentHours); the fleet's comes from the fleet-hours and may lag behind the items by seconds. A page
   * ends early when the budget is spent. Throws what the stores throw, `range-too-costly`, and the
   * reason of the budget's signal, never half a sum.
   */
  async report(query: AggregatesQuery, budget?: WorkBudget): Promise<AggregatesReport> {
    if (isEmptyRange(query.range)) return NOTHING;
    const { equipmentId } = query;
    if (equipmentId !== undefined) return this.reportOfOne(query, equipmentId, budget);
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

  private async reportOfOne(
    { limit, after, metric, range }: AggregatesQuery,
    equipmentId: string,
    budget: WorkBudget | undefined,
  ): Promise<AggregatesReport> {
    const hours = await this.equipment.read({ equipmentId, metric, range }, budget);
    const page = new HoursPage(limit);
    page.add(hours.filter((hour) => !after || isBehind(hour, after)));
    return { summary: sumUp(hours.filter(hasAggregate), undefined), ...page.listed() };
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
