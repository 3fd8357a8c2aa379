import { ApiProperty, PickType } from '@nestjs/swagger';
import { instantFromEpochMs, showInstant } from '@sensorflow/kernel';
import type { FleetReport } from '../hourly-aggregates.js';
import { startOfHourEpochSeconds, type HourRange } from '../hours/hour.js';
import { AggregateItemView, AggregatesView } from './aggregates.view.js';

/** What all equipment together measured in one hour. */
export class FleetHourView extends PickType(AggregateItemView, [
  'intervalStart',
  'totalValue',
  'total',
  'sampleCount',
  'average',
  'min',
  'max',
] as const) {}

/** Every hour of a range that has the metric. */
export class FleetHoursView extends PickType(AggregatesView, ['from', 'to'] as const) {
  @ApiProperty({ example: 'value' })
  metric!: string;

  @ApiProperty({
    format: 'date-time',
    description:
      'the hours have at least what was acknowledged before this and before its hour was closed',
    example: '2023-08-31T08:59:55.000Z',
  })
  summaryAsOf!: string;

  @ApiProperty({ type: [FleetHourView], description: 'by intervalStart; no hour without readings' })
  items!: readonly FleetHourView[];
}

export function toFleetHoursView(
  metric: string,
  range: HourRange,
  { hours, asOfEpochSeconds }: FleetReport,
): FleetHoursView {
  return {
    metric,
    from: startOfHourEpochSeconds(range.from),
    to: startOfHourEpochSeconds(range.to),
    summaryAsOf: showInstant(instantFromEpochMs(asOfEpochSeconds * 1000)),
    items: hours.map(({ hour, aggregate: { total, count, min, max } }) => ({
      intervalStart: startOfHourEpochSeconds(hour),
      totalValue: total.toNumber(),
      total: total.toString(),
      sampleCount: count,
      average: total.dividedByCount(count),
      min,
      max,
    })),
  };
}
