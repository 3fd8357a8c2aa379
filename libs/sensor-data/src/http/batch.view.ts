import { ApiProperty } from '@nestjs/swagger';
import type { BatchVerdict } from '../batch-verdict.js';

/** One fault of one reading of a batch. */
export class RejectedReadingView {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'place in the batch, from 0' })
  index!: number;

  @ApiProperty({ example: 'timestamp-offset-missing' })
  code!: string;

  @ApiProperty({ description: 'RFC 6901 JSON pointer into the reading', example: '/timestamp' })
  pointer!: string;

  @ApiProperty()
  detail!: string;
}

/** The verdict on a batch; what is neither rejected nor unconfirmed is stored. */
export class BatchVerdictView implements BatchVerdict {
  static readonly example: BatchVerdict = { stored: 2, rejected: [], unconfirmed: [2, 3] };

  @ApiProperty({ type: 'integer', description: 'how many readings are durable' })
  stored!: number;

  @ApiProperty({ type: [RejectedReadingView] })
  rejected!: readonly RejectedReadingView[];

  @ApiProperty({
    type: 'array',
    items: { type: 'integer', minimum: 0 },
    description: 'places of readings that may or may not be stored',
  })
  unconfirmed!: readonly number[];
}
