import { ApiProperty } from '@nestjs/swagger';
import { showInstant } from '@sensorflow/kernel';
import type { EquipmentSummary } from '../known-equipment.js';

/** One equipment that has readings. */
export class EquipmentView {
  @ApiProperty({ example: 'EQ-12495' })
  equipmentId!: string;

  @ApiProperty({
    type: [String],
    description: 'every metric that it ever sent, in order',
    example: ['pressure', 'temperature'],
  })
  metrics!: readonly string[];

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

export function toEquipmentView(summary: EquipmentSummary): EquipmentView {
  return {
    equipmentId: summary.equipmentId,
    metrics: summary.metrics,
    firstTimestamp: showInstant(summary.firstTimestamp),
    lastTimestamp: showInstant(summary.lastTimestamp),
  };
}
