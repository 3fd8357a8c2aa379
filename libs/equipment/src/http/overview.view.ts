import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { instantFromEpochMs, showInstant } from '@sensorflow/kernel';
import { byName } from '@sensorflow/sensor-data/http/reading.view.js';
import type { ChosenPage, EquipmentStatus, OverviewPage } from '../equipment-overview.js';
import { limitsOf, PUNCTUALITIES, type Punctuality } from '../punctuality.js';

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

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'so long after its newest reading it is late; null before its second reading',
    example: 120,
  })
  lateAfterSeconds!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'so long after its newest reading it is silent; null before its second reading',
    example: 300,
  })
  silentAfterSeconds!: number | null;

  @ApiPropertyOptional({
    type: DayTrendView,
    description:
      'with trend=true, where there are readings of the last day, and not too many for one answer: of value, or of the first metric of the newest reading',
  })
  trend?: DayTrendView;
}

/** How much equipment is in which state. */
export class StateCountsView implements Readonly<Record<Punctuality, number>> {
  @ApiProperty({ type: 'integer', minimum: 0, example: 9990 })
  'on-time'!: number;

  @ApiProperty({ type: 'integer', minimum: 0, example: 6 })
  late!: number;

  @ApiProperty({ type: 'integer', minimum: 0, example: 3 })
  silent!: number;

  @ApiProperty({ type: 'integer', minimum: 0, example: 1 })
  unknown!: number;
}

/** A page of the overview. */
export class EquipmentOverviewView {
  @ApiProperty({ type: [EquipmentStatusView], description: 'by equipmentId, or as sorted' })
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

  @ApiPropertyOptional({
    type: StateCountsView,
    description:
      'with state or sort: of all equipment that the search finds and the caller may see, in whatever state',
  })
  counts?: StateCountsView;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    description:
      'with state or sort: how much equipment that the caller may see this process has not looked at yet; ask again while it is not 0, and there may be more',
  })
  pending?: number;
}

export function toOverviewView(
  { items, asOfEpochMs, ...page }: Pick<OverviewPage, 'items' | 'asOfEpochMs'> | ChosenPage,
  nextCursor: string | null,
): EquipmentOverviewView {
  return {
    items: items.map(toStatusView),
    asOf: showInstant(instantFromEpochMs(asOfEpochMs)),
    nextCursor,
    ...('counts' in page && { counts: page.counts, pending: page.pending }),
  };
}

function toStatusView(status: EquipmentStatus): EquipmentStatusView {
  const { equipmentId, state, latest, usualGapMs, trend } = status;
  const limits = usualGapMs === undefined ? undefined : limitsOf(usualGapMs);
  return {
    equipmentId,
    state,
    lastTimestamp: showInstant(latest.timestamp),
    values: byName(latest.values),
    usualGapSeconds: secondsOf(usualGapMs),
    lateAfterSeconds: secondsOf(limits?.lateAfterMs),
    silentAfterSeconds: secondsOf(limits?.silentAfterMs),
    ...(trend && { trend }),
  };
}

function secondsOf(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1000;
}
