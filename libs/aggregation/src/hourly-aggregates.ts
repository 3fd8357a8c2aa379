import { Decimal } from '@sensorflow/kernel';
import {
  compareEquipmentHours,
  type AggregateStore,
  type EquipmentHour,
  type MetricHour,
  type MetricHoursQuery,
} from './aggregate-store.js';
import { isEmptyRange } from './hour.js';

export interface AggregatesQuery extends MetricHoursQuery {
  /** Items of a page, at least 1. */
  readonly limit: number;
  /** Goes on behind this equipment-hour. */
  readonly after?: EquipmentHour;
}

export interface AggregatesReport {
  /** Over the whole range, whatever the page. */
  readonly count: number;
  readonly total: Decimal;
  /** Ordered by hour, then equipment id. */
  readonly items: readonly MetricHour[];
  /** Where the next page goes on (`after`), or undefined at the end. */
  readonly next: EquipmentHour | undefined;
}

/** Answers what the hours of a range amount to, and lists them. */
export class HourlyAggregates {
  constructor(private readonly aggregates: AggregateStore) {}

  /** One pass over the range, in constant memory. Throws what the store throws, never half a sum. */
  async report(query: AggregatesQuery): Promise<AggregatesReport> {
    let [count, total] = [0, Decimal.ZERO];
    const items: MetricHour[] = [];
    for await (const page of this.cells(query)) {
      for (const cell of page) {
        count += cell.aggregate.count;
        total = total.plus(cell.aggregate.total);
        if (items.length <= query.limit && isBehind(cell, query.after)) items.push(cell);
      }
    }
    const hasMore = items.length > query.limit;
    if (hasMore) items.pop();
    return { count, total, items, next: hasMore ? items.at(-1) : undefined };
  }

  private cells(query: AggregatesQuery): AsyncIterable<readonly MetricHour[]> | [] {
    return isEmptyRange(query.range) ? [] : this.aggregates.scanMetric(query);
  }
}

function isBehind(cell: EquipmentHour, after: EquipmentHour | undefined): boolean {
  return after === undefined || compareEquipmentHours(cell, after) > 0;
}
