import { DomainError, type Instant, type WorkBudget, type WorkLimits } from '@sensorflow/kernel';
import type { ReadingStore } from '@sensorflow/sensor-data';
import type { AggregatesReport } from '../hourly-aggregates.js';
import { HoursPage } from '../hours-page.js';
import type { EquipmentHour, MetricHour } from './aggregate-store.js';
import { hourOf, isEmptyRange, startOfHour, type Hour, type HourRange } from './hour.js';
import { foldReadings, merge, type Measurement, type MetricAggregate } from './hourly-aggregate.js';

/** What one answer may read: 64 MB of readings. */
const LIMITS: WorkLimits = { storeCalls: 1_000, ms: 10_000 };

export interface PastHoursQuery {
  readonly equipmentId: string;
  readonly metric: string;
  readonly range: HourRange;
  readonly asOf: Instant;
  /** Hours of a page, at least 1. */
  readonly limit: number;
  readonly after?: EquipmentHour;
}

/**
 * The hours of one equipment as they stood at an instant: folded from its readings, because the cells of
 * the aggregates know only what stands now.
 */
export class PastHours {
  constructor(private readonly readings: ReadingStore) {}

  /**
   * Folds the whole range for every page, in the memory of one hour and the page. Throws what the store
   * throws, `range-too-costly`, and the reason of the budget's signal, never half a sum.
   */
  async report(query: PastHoursQuery, budget: WorkBudget): Promise<AggregatesReport> {
    const page = new HoursPage(query.limit);
    let summary: MetricAggregate | undefined;
    for await (const past of this.hours(query, budget)) {
      summary = summary ? merge(summary, past.aggregate) : past.aggregate;
      if (!query.after || past.hour > query.after.hour) page.add([past]);
    }
    return { summary, ...page.listed() };
  }

  private async *hours(query: PastHoursQuery, budget: WorkBudget): AsyncGenerator<MetricHour> {
    const { equipmentId, metric, range, asOf } = query;
    if (isEmptyRange(range)) return;
    const [from, to] = [startOfHour(range.from), startOfHour(range.to)];
    let current: MetricHour | undefined;
    for await (const part of this.readings.asOf(asOf).scanRange(equipmentId, from, to, budget)) {
      for (const [hour, readings] of byHour(part, metric)) {
        if (current && current.hour !== hour) yield current;
        const before = current?.hour === hour ? current.aggregate : undefined;
        current = { equipmentId, hour, aggregate: folded(readings, metric, before) };
      }
      if (budget.isSpent(LIMITS)) throw rangeTooCostly();
    }
    if (current) yield current;
  }
}

/** Those with the metric, in order of time. */
function byHour(
  readings: readonly Measurement[],
  metric: string,
): ReadonlyMap<Hour, readonly Measurement[]> {
  const measured = readings.filter(({ values }) => values.has(metric));
  return Map.groupBy(measured, ({ timestamp }) => hourOf(timestamp));
}

function folded(
  readings: readonly Measurement[],
  metric: string,
  before: MetricAggregate | undefined,
): MetricAggregate {
  const alone = readings.map((reading) => ({
    ...reading,
    values: new Map([[metric, reading.values.get(metric) ?? NaN]]),
  }));
  const aggregate = foldReadings(alone, before && new Map([[metric, before]])).get(metric);
  if (!aggregate) throw new Error('an hour without a reading');
  return aggregate;
}

function rangeTooCostly(): DomainError {
  return new DomainError(
    'invalid',
    'range-too-costly',
    'This equipment has too many readings to fold in one answer. Ask for a shorter range.',
  );
}
