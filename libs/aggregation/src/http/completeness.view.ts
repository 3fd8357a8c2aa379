import { ApiProperty } from '@nestjs/swagger';
import { showInstant } from '@sensorflow/kernel';
import type { MetricAggregate } from '../hours/hourly-aggregate.js';

const NS_PER_SECOND = 1e9;

/** What a reader needs to judge how complete an hour, or a range of hours, is. */
export class CompletenessView {
  @ApiProperty({ format: 'date-time', example: '2023-08-31T08:00:00.000Z' })
  firstTimestamp!: string;

  @ApiProperty({ format: 'date-time', example: '2023-08-31T08:57:00.000Z' })
  lastTimestamp!: string;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'samples whose last receipt came after their hour had ended',
    example: 0,
  })
  lateCount!: number;

  @ApiProperty({
    minimum: 0,
    maximum: 3600,
    description:
      'the longest time between two samples of one equipment within one hour; 0 without two',
    example: 180,
  })
  largestGapSeconds!: number;
}

export function toCompletenessView(aggregate: MetricAggregate): CompletenessView {
  return {
    firstTimestamp: showInstant(aggregate.firstAt),
    lastTimestamp: showInstant(aggregate.lastAt),
    lateCount: aggregate.late,
    largestGapSeconds: aggregate.largestGapNs / NS_PER_SECOND,
  };
}
