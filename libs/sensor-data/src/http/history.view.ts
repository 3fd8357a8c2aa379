import { ApiProperty } from '@nestjs/swagger';
import { showInstant } from '@sensorflow/kernel';
import type { PastValue } from '../log/instant-history.js';
import { METRIC_SCHEMA } from './reading.schema.js';

/** A value that an instant once had, or still has. */
export class PastValueView {
  @ApiProperty({ ...METRIC_SCHEMA, example: 'temperature' })
  metric!: string;

  @ApiProperty({ example: 78.42 })
  value!: number;

  @ApiProperty({ description: 'whether a removal took it away' })
  removed!: boolean;

  @ApiProperty({ format: 'date-time', example: '2023-02-15T06:30:00.731Z' })
  acceptedAt!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'who sent it: the subject of a token; null where that is not known',
  })
  by!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    format: 'uuid',
    description: 'the import that brought it; null for what came over HTTP',
  })
  uploadId!: string | null;
}

/** A page of a history. */
export class HistoryPageView {
  @ApiProperty({ type: [PastValueView], description: 'the latest first' })
  items!: readonly PastValueView[];

  @ApiProperty({ type: String, nullable: true, description: 'null at the end' })
  nextCursor!: string | null;
}

export function toPastValueView(past: PastValue): PastValueView {
  const { metric, value, removed, acceptedAt, by, importId } = past;
  return {
    metric,
    value,
    removed,
    acceptedAt: showInstant(acceptedAt),
    by: by ?? null,
    uploadId: importId ?? null,
  };
}
