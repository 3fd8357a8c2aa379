import { ApiProperty } from '@nestjs/swagger';
import { instantToEpochMs } from '@sensorflow/kernel';
import { FIELD_NAMES, type Difference, type Field, type Level } from '../difference.js';
import type { VerificationReport } from '../verification.js';
import { nextCursorOf, type VerificationRequest } from './verification-request.js';

const LEVELS: readonly Level[] = ['slot', 'equipment-hour', 'shard-hour', 'fleet-hour'];

/** A stored field that differs from what the readings add up to. */
export class DifferenceView {
  @ApiProperty({
    enum: LEVELS,
    description: 'slot: five minutes, kept for hours with many readings',
  })
  level!: Level;

  @ApiProperty({ type: String, nullable: true, description: 'null for sums of many equipment' })
  equipmentId!: string | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'of a shard-hour' })
  shard!: number | null;

  @ApiProperty({ example: 'value' })
  metric!: string;

  @ApiProperty({ type: 'integer', description: 'epoch seconds, UTC', example: 1676440800 })
  intervalStart!: number;

  @ApiProperty({ enum: FIELD_NAMES })
  field!: Field;

  @ApiProperty({ type: String, nullable: true, description: 'null: there is no such aggregate' })
  stored!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'null: there are no such readings' })
  recomputed!: string | null;
}

/** What a verification found in the hours of a page. */
export class VerificationView {
  @ApiProperty({ type: 'integer', description: 'aggregates compared, on all levels', example: 96 })
  checked!: number;

  @ApiProperty({ type: [DifferenceView], description: 'still there at a second look' })
  differences!: readonly DifferenceView[];

  @ApiProperty({
    type: 'integer',
    description: 'hours left out, because the retention removes their readings',
    example: 0,
  })
  sealedHours!: number;

  @ApiProperty({
    type: 'integer',
    description:
      'hours left out, because they are not closed yet: one equipment’s are added up from its readings whenever they are asked for',
    example: 1,
  })
  openHours!: number;

  @ApiProperty({
    type: 'integer',
    description: 'hours of equipment left out, because they are not shown (aggregate-too-large)',
    example: 0,
  })
  tooLarge!: number;

  @ApiProperty({ type: String, nullable: true, description: 'null at the end of the range' })
  nextCursor!: string | null;
}

/** What a repair found and repaired. */
export class RepairView extends VerificationView {
  @ApiProperty({ type: 'integer', description: 'differences that are there no more', example: 0 })
  repaired!: number;
}

export function toVerificationView(
  request: VerificationRequest,
  report: VerificationReport,
): VerificationView {
  const { checked, differences, sealedHours, openHours, tooLarge, next } = report;
  return {
    checked,
    differences: differences.map(toDifferenceView),
    sealedHours,
    openHours,
    tooLarge,
    nextCursor: nextCursorOf(request, next),
  };
}

export function toRepairView(request: VerificationRequest, report: VerificationReport): RepairView {
  return Object.assign(new RepairView(), toVerificationView(request, report), {
    repaired: report.repaired,
  });
}

function toDifferenceView(difference: Difference): DifferenceView {
  const { level, equipmentId, shard, metric, start, field, stored, recomputed } = difference;
  return {
    level,
    equipmentId: equipmentId ?? null,
    shard: shard ?? null,
    metric,
    intervalStart: instantToEpochMs(start) / 1000,
    field,
    stored,
    recomputed,
  };
}
