import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { instantFromEpochMs, showInstant } from '@sensorflow/kernel';
import { byName } from '@sensorflow/sensor-data/http/reading.view.js';
import type { EquipmentStatus, OverviewPage } from '../equipment-overview.js';
import { PUNCTUALITIES, type Punctuality } from '../punctuality.js';

/** Hourly averages of one metric over the last 24 hours. */
export class DayTrendView {
  @ApiProperty({ example: 'value' })
  metric!: string;

  @ApiProperty({
    type: 'array',
    items: { oneOf: [{ type: 'number' }, { type: 'null' }] },
    minItems: 24,
    maxItems: 24,
    description:
      'of the current hour and the 23 before it, oldest first; null for hours without readings',
  })
  averages!: readonly (number | null)[];
}

/** What one equipment sent last, and whether it sends as it usually does. */
export class EquipmentStatusView {
  @ApiProperty({ example: 'EQ-12495' })
  equipmentId!: string;

  @ApiProperty({
    enum: PUNCTUALITIES,
    description:
      'late: no reading for more than twice the usual gap; silent: for more than five times, and 60 s at least; unknown before its second reading',
  })
  state!: Punctuality;

  @ApiProperty({ format: 'date-time', example: '2023-09-01T00:00:00.000Z' })
  lastTimestamp!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'number' },
    minProperties: 1,
    description: 'of the newest reading, by metric name',
    example: { value: 78.4 },
  })
  values!: Readonly<Record<string, number>>;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'the median of its last 20 gaps between readings; null before its second reading',
    example: 60,
  })
  usualGapSeconds!: number | null;

  @ApiPropertyOptional({
    type: DayTrendView,
    description:
      'with trend=true, where there are readings of the last day: of value, or of the first metric of the newest reading',
  })
  trend?: DayTrendView;
}

/** A page of the overview. */
export class EquipmentOverviewView {
  @ApiProperty({ type: [EquipmentStatusView], description: 'by equipmentId' })
  items!: readonly EquipmentStatusView[];

  @ApiProperty({
    format: 'date-time',
    description: 'the instant that states are judged at, by the clock of the service',
    example: '2023-09-01T00:00:12.000Z',
  })
  asOf!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'null at the end; a page may be empty before it',
  })
  nextCursor!: string | null;
}

export function toOverviewView(
  { items, asOfEpochMs }: OverviewPage,
  nextCursor: string | null,
): EquipmentOverviewView {
  return {
    items: items.map(toStatusView),
    asOf: showInstant(instantFromEpochMs(asOfEpochMs)),
    nextCursor,
  };
}

function toStatusView(status: EquipmentStatus): EquipmentStatusView {
  const { equipmentId, state, latest, usualGapMs, trend } = status;
  return {
    equipmentId,
    state,
    lastTimestamp: showInstant(latest.timestamp),
    values: byName(latest.values),
    usualGapSeconds: usualGapMs === undefined ? null : usualGapMs / 1000,
    ...(trend && { trend }),
  };
}
