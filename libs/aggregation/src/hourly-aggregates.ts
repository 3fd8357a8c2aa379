import {
  compareEquipmentHours,
  type AggregateStore,
  type EquipmentHour,
  type MetricHour,
  type MetricHoursQuery,
} from './aggregate-store.js';
import type { FleetStore } from './fleet-store.js';
import { isEmptyRange, type HourRange } from './hour.js';
import { together, type MetricAggregate } from './hourly-aggregate.js';

export interface AggregatesQuery extends Omit<MetricHoursQuery, 'wanted'> {
  /** Items of a page, at least 1. */
  readonly limit: number;
}

export interface AggregatesReport {
  /** Of the whole range, whatever the page; undefined when there is nothing. */
  readonly summary: MetricAggregate | undefined;
  /** Ordered by hour, then equipment id. */
  readonly items: readonly MetricHour[];
  /** Where the next page goes on (`after`), or undefined at the end. */
  readonly next: EquipmentHour | undefined;
}

/** Answers what the hours of a range amount to, and lists them. */
export class HourlyAggregates {
  constructor(
    private readonly aggregates: AggregateStore,
    private readonly fleet: FleetStore,
  ) {}

  /**
   * Of the fleet, the summary comes from the fleet-hours: it may lag behind the items by seconds. Of one
   * equipment, both come from its own hours. Throws what the stores throw, never half a sum.
   */
  async report(query: AggregatesQuery): Promise<AggregatesReport> {
    if (isEmptyRange(query.range)) return { summary: undefined, items: [], next: undefined };
    if (query.equipmentId !== undefined) return this.reportOfOne(query);
    const [summary, page] = await Promise.all([
      this.fleetSummary(query.metric, query.range),
      this.fleetPage(query),
    ]);
    return { summary, ...page };
  }

  private async fleetSummary(
    metric: string,
    range: HourRange,
  ): Promise<MetricAggregate | undefined> {
    let summary: MetricAggregate | undefined;
    for await (const page of this.fleet.scanFleet(metric, range)) summary = sumUp(page, summary);
    return summary;
  }

  private async fleetPage({ limit, ...query }: AggregatesQuery) {
    const items: MetricHour[] = [];
    for await (const page of this.aggregates.scanMetric({ ...query, wanted: limit + 1 })) {
      items.push(...page);
      if (items.length > limit) break;
    }
    return pageOf(items, limit);
  }

  /** One pass over the range, in constant memory. */
  private async reportOfOne({ limit, after, ...query }: AggregatesQuery) {
    let summary: MetricAggregate | undefined;
    const items: MetricHour[] = [];
    for await (const page of this.aggregates.scanMetric(query)) {
      summary = sumUp(page, summary);
      const behind = page.filter((cell) => !after || compareEquipmentHours(cell, after) > 0);
      items.push(...behind.slice(0, limit + 1 - items.length));
    }
    return { summary, ...pageOf(items, limit) };
  }
}

function sumUp(
  page: readonly { readonly aggregate: MetricAggregate }[],
  before: MetricAggregate | undefined,
): MetricAggregate | undefined {
  return page.reduce<MetricAggregate | undefined>(
    (sum, { aggregate }) => (sum ? together(sum, aggregate) : aggregate),
    before,
  );
}

function pageOf(found: readonly MetricHour[], limit: number) {
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? items.at(-1) : undefined };
}
