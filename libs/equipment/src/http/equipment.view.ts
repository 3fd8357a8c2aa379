import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { showInstant } from '@sensorflow/kernel';
import { MOST_LISTED_METRICS } from '../equipment-registry.js';
import type { EquipmentSummary } from '../known-equipment.js';

/** One equipment that has readings. */
export class EquipmentView {
  @ApiProperty({ example: 'EQ-12495' })
  equipmentId!: string;

  @ApiProperty({
    type: [String],
    maxItems: MOST_LISTED_METRICS,
    description:
      'every metric that it ever sent, in order; of more than 100 the first 100 (see metricsTruncated)',
    example: ['pressure', 'temperature'],
  })
  metrics!: readonly string[];

  @ApiPropertyOptional({
    type: Boolean,
    description:
      'true when it has more metrics than are shown: GET /equipment/{equipmentId}/metrics lists all; absent otherwise',
    example: true,
  })
  metricsTruncated?: true;

  @ApiProperty({ format: 'date-time', example: '2023-02-15T06:30:00.000Z' })
  firstTimestamp!: string;

  @ApiProperty({ format: 'date-time', example: '2023-09-01T00:00:00.000Z' })
  lastTimestamp!: string;
}

/** A page of equipment. */
export class EquipmentPageView {
  @ApiProperty({ type: [EquipmentView], description: 'by equipmentId' })
  items!: readonly EquipmentView[];

  @ApiProperty({ type: String, nullable: true, description: 'null at the end' })
  nextCursor!: string | null;
}

/** A page of the metrics of one equipment. */
export class MetricPageView {
  @ApiProperty({ type: [String], description: 'in order', example: ['pressure', 'temperature'] })
  items!: readonly string[];

  @ApiProperty({ type: String, nullable: true, description: 'null at the end' })
  nextCursor!: string | null;
}

export function toEquipmentView(summary: EquipmentSummary): EquipmentView {
  return {
    equipmentId: summary.equipmentId,
    metrics: summary.metrics,
    ...(summary.hasMoreMetrics && { metricsTruncated: true }),
    firstTimestamp: showInstant(summary.firstTimestamp),
    lastTimestamp: showInstant(summary.lastTimestamp),
  };
}
