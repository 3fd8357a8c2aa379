import { ApiProperty } from '@nestjs/swagger';
import { showInstant, type Instant } from '@sensorflow/kernel';
import type { ImportCheckpoint } from '../job/import-record.js';

export class RowCountsView {
  @ApiProperty({ type: 'integer', description: 'rows read so far' })
  total!: number;

  @ApiProperty({ type: 'integer' })
  accepted!: number;

  @ApiProperty({ type: 'integer' })
  rejected!: number;

  @ApiProperty({
    type: 'integer',
    description:
      'accepted rows of which an earlier row of the file had the equipment, the instant and a metric: the later one stands',
  })
  repeated!: number;

  @ApiProperty({
    description:
      'false: there may be more of them; true for files whose equipment come in the order of time',
  })
  repeatedIsExact!: boolean;
}

export class CellCountsView {
  @ApiProperty({ type: 'integer', description: 'values that are stored' })
  accepted!: number;

  @ApiProperty({ type: 'integer', description: 'that are no values, or stand in a rejected row' })
  rejected!: number;

  @ApiProperty({ type: 'integer', description: 'that say that there is no value' })
  missing!: number;
}

export class ImportedEquipmentView {
  @ApiProperty({ type: 'integer' })
  count!: number;

  @ApiProperty({ description: 'false: there may be more' })
  isExact!: boolean;
}

export function toCountsView({ rows, cells, contents }: ImportCheckpoint) {
  const { repeatedRows: repeated, isRepeatedExact: repeatedIsExact } = contents;
  return {
    rows: { ...rows, repeated, repeatedIsExact },
    cells,
    firstTimestamp: shown(contents.firstTimestamp),
    lastTimestamp: shown(contents.lastTimestamp),
    equipment: { count: contents.equipment, isExact: contents.isEquipmentExact },
  };
}

/** Null where there is none. */
export function shown(instant: Instant | undefined): string | null {
  return instant === undefined ? null : showInstant(instant);
}
