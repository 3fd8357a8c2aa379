import type { DynamicModule } from '@nestjs/common';
import { HourlyAggregates, hourOfEpochMs, hourPlus } from '@sensorflow/aggregation';
import { DayTrends, type DayTrend } from '@sensorflow/equipment';
import type { EquipmentOptions } from '@sensorflow/equipment/equipment.module.js';
import type { WorkBudget } from '@sensorflow/kernel';

const HOURS_OF_DAY = 24;

/** The hours of a day from the aggregates, which equipment knows nothing of. */
class AggregatedDayTrends extends DayTrends {
  constructor(private readonly aggregates: HourlyAggregates) {
    super();
  }

  override async ofEquipment(
    equipmentId: string,
    metric: string,
    budget: WorkBudget,
  ): Promise<DayTrend> {
    const to = hourPlus(hourOfEpochMs(Date.now()), 1);
    const range = { from: hourPlus(to, -HOURS_OF_DAY), to };
    const query = { equipmentId, metric, range, limit: HOURS_OF_DAY };
    const { items } = await this.aggregates.report(query, budget);
    const averages = new Map(
      items.map(({ hour, aggregate: { total, count } }) => [hour, total.dividedByCount(count)]),
    );
    const hours = Array.from({ length: HOURS_OF_DAY }, (_, index) => hourPlus(range.from, index));
    return { metric, averages: hours.map((hour) => averages.get(hour) ?? null) };
  }
}

export function dayTrendsOf(aggregation: DynamicModule): EquipmentOptions['trends'] {
  return {
    module: aggregation,
    inject: HourlyAggregates,
    from: (aggregates: HourlyAggregates) => new AggregatedDayTrends(aggregates),
  };
}
