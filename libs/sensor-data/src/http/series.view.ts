import { ApiProperty } from '@nestjs/swagger';
import { showInstant } from '@sensorflow/kernel';
import type { SeriesPart, SeriesQuery } from '../series/reading-series.js';
import { EQUIPMENT_ID_SCHEMA, METRIC_SCHEMA } from './reading.schema.js';

/** One metric as a chart draws it. */
export class MetricSeriesView {
  @ApiProperty({ ...METRIC_SCHEMA, example: 'temperature' })
  metric!: string;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'readings that it was thinned from' })
  sampleCount!: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    description:
      'the median of the times between two readings of this answer; null before the second one',
    example: 60,
  })
  usualGapSeconds!: number | null;

  @ApiProperty({
    type: 'array',
    items: { type: 'number' },
    description: 'instants in epoch milliseconds, in order',
    example: [1676442600000, 1676442660000],
  })
  at!: readonly number[];

  @ApiProperty({
    type: 'array',
    items: { oneOf: [{ type: 'number' }, { type: 'null' }] },
    description: 'as many as instants; null in the middle of a silence of over 2.5 usual gaps',
    example: [75.5, 75.6],
  })
  values!: readonly (number | null)[];
}

/** Readings of one equipment, thinned without losing an extreme or a gap. */
export class SeriesView {
  @ApiProperty({ ...EQUIPMENT_ID_SCHEMA, example: 'EQ-12495' })
  equipmentId!: string;

  @ApiProperty({ type: [MetricSeriesView], description: 'in the order that was asked for' })
  series!: readonly MetricSeriesView[];

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description:
      'null when this is all of the range; otherwise ask again with this as from: the reading at this instant is in both answers',
  })
  rest!: string | null;
}

export function toSeriesView({ equipmentId }: SeriesQuery, part: SeriesPart): SeriesView {
  return {
    equipmentId,
    series: part.series.map(({ metric, sampleCount, usualGapMs, at, values }) => ({
      metric,
      sampleCount,
      usualGapSeconds: usualGapMs === undefined ? null : usualGapMs / 1000,
      at,
      values,
    })),
    rest: part.rest === undefined ? null : showInstant(part.rest),
  };
}
