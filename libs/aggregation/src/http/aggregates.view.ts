import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { instantFromEpochMs, showInstant } from '@sensorflow/kernel';
import type { AggregatesReport } from '../hourly-aggregates.js';
import type { EquipmentHour, MetricHour } from '../hours/aggregate-store.js';
import { startOfHourEpochSeconds, type HourRange } from '../hours/hour.js';
import { nextCursorOf } from './aggregates-cursor.js';
import type { MetricRequest } from './aggregates-request.js';
import { CompletenessView, toCompletenessView } from './completeness.view.js';
import { INTERVALS, type Interval } from './intervals.js';

/** One equipment's hour. */
export class AggregateItemView {
  @ApiProperty({ example: 'EQ-12495' })
  equipmentId!: string;

  @ApiProperty({ type: 'integer', description: 'epoch seconds, UTC', example: 1693468800 })
  intervalStart!: number;

  @ApiProperty({ description: 'the double nearest to total', example: 1500.75 })
  totalValue!: number;

  @ApiProperty({ description: 'the exact decimal sum', example: '1500.75' })
  total!: string;

  @ApiProperty({ type: 'integer', minimum: 1, example: 20 })
  sampleCount!: number;

  @ApiProperty({ example: 75.0375 })
  average!: number;

  @ApiProperty({ example: 70.1 })
  min!: number;

  @ApiProperty({ example: 81.3 })
  max!: number;

  @ApiPropertyOptional({ type: CompletenessView, description: 'with completeness=true' })
  completeness?: CompletenessView;
}

/** An hour with more metrics than an aggregate holds. */
export class HourNotShownView {
  @ApiProperty({ example: 'EQ-12495' })
  equipmentId!: string;

  @ApiProperty({ type: 'integer', description: 'epoch seconds, UTC', example: 1693468800 })
  intervalStart!: number;
}

/** A page of hourly aggregates, and the summary of the whole range. */
export class AggregatesView {
  @ApiProperty({ enum: INTERVALS, nullable: true, description: 'null with from and to' })
  interval!: Interval | null;

  @ApiProperty({ description: 'the one that was named, or else meant', example: 'value' })
  metric!: string;

  @ApiProperty({
    type: 'integer',
    description: 'start of the first hour, epoch seconds; from, rounded up to the hour',
    example: 1693465200,
  })
  from!: number;

  @ApiProperty({
    type: 'integer',
    description: 'end of the last hour, epoch seconds; to, rounded up to the hour',
    example: 1693551600,
  })
  to!: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'sum over count of the whole range, however paged; null when there is nothing',
    example: 75.0375,
  })
  average!: number | null;

  @ApiProperty({
    type: 'integer',
    description:
      'samples of the whole range. Of one equipment, and in an answer that has all items, exactly those of its items; of all equipment over several pages, those of the hours before the last that a page has in whole, while other hours may lag behind the items of their pages, but not behind summaryAsOf',
    example: 20,
  })
  totalCount!: number;

  @ApiPropertyOptional({
    format: 'date-time',
    description:
      'without equipmentId: items and summary have at least what was acknowledged before this and before its hour was closed',
    example: '2023-08-31T08:59:55.000Z',
  })
  summaryAsOf?: string;

  @ApiPropertyOptional({
    type: CompletenessView,
    description: 'of the whole range, with completeness=true; absent when there is nothing',
  })
  completeness?: CompletenessView;

  @ApiProperty({ type: [AggregateItemView], description: 'by intervalStart, then equipmentId' })
  items!: readonly AggregateItemView[];

  @ApiPropertyOptional({
    type: [HourNotShownView],
    description:
      'hours of this page that have readings, but too many metrics to be aggregated: neither the items nor the summary has them; absent when there are none',
  })
  notShown?: readonly HourNotShownView[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'null at the end; a page may be empty before it',
  })
  nextCursor!: string | null;
}

export function toAggregatesView(
  request: MetricRequest,
  range: HourRange,
  report: AggregatesReport,
): AggregatesView {
  const { window, metric, completeness } = request;
  const { summary, asOfEpochSeconds: asOf } = report;
  return {
    interval: window.interval,
    metric,
    from: startOfHourEpochSeconds(range.from),
    to: startOfHourEpochSeconds(range.to),
    average: summary ? summary.total.dividedByCount(summary.count) : null,
    totalCount: summary?.count ?? 0,
    ...(asOf !== undefined && { summaryAsOf: showInstant(instantFromEpochMs(asOf * 1000)) }),
    ...(completeness && summary && { completeness: toCompletenessView(summary) }),
    items: report.items.map((item) => toItemView(item, completeness)),
    ...(report.notShown.length > 0 && { notShown: report.notShown.map(toHourNotShownView) }),
    nextCursor: nextCursorOf(request, range, report.next),
  };
}

function toItemView(
  { equipmentId, hour, aggregate }: MetricHour,
  completeness: boolean,
): AggregateItemView {
  return {
    equipmentId,
    intervalStart: startOfHourEpochSeconds(hour),
    totalValue: aggregate.total.toNumber(),
    total: aggregate.total.toString(),
    sampleCount: aggregate.count,
    average: aggregate.total.dividedByCount(aggregate.count),
    min: aggregate.min,
    max: aggregate.max,
    ...(completeness && { completeness: toCompletenessView(aggregate) }),
  };
}

function toHourNotShownView({ equipmentId, hour }: EquipmentHour): HourNotShownView {
  return { equipmentId, intervalStart: startOfHourEpochSeconds(hour) };
}
