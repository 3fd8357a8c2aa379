import { ApiPropertyOptional } from '@nestjs/swagger';
import { GIVEN_ONCE } from '@sensorflow/platform/http/query-values.js';
import { ParsedBy } from '@sensorflow/platform/http/request-validation.pipe.js';
import { IsOptional, IsString } from 'class-validator';
import { aggregatesRequestOf, type AggregatesTexts } from './aggregates-request.js';
import { INTERVALS } from './intervals.js';

/** The query string of the aggregates, as texts. */
@ParsedBy(aggregatesRequestOf)
export class AggregatesQueryTexts implements AggregatesTexts {
  @ApiPropertyOptional({
    enum: INTERVALS,
    description: 'the current hour and the 23, 47, 167 or 719 before it; not with from and to',
  })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  interval?: string;

  @ApiPropertyOptional({
    format: 'date-time',
    description:
      'RFC 3339 (write + as %2B): hours that start at or after it, so it is rounded up to the hour',
  })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  from?: string;

  @ApiPropertyOptional({
    format: 'date-time',
    description:
      'RFC 3339 (write + as %2B): hours that start before it, at most 366 days from from',
  })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  to?: string;

  @ApiPropertyOptional({
    description: 'value unless named; of one equipment without value, its only metric',
    pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$',
  })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  metric?: string;

  @ApiPropertyOptional({
    description: 'all equipment unless named',
    pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$',
  })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  equipmentId?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  limit?: string;

  @ApiPropertyOptional({
    enum: ['true', 'false'],
    default: 'false',
    description: 'also say how complete each hour and the range are',
  })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  completeness?: string;

  @ApiPropertyOptional({
    format: 'date-time',
    description:
      'RFC 3339, not in the future (write + as %2B), with equipmentId and for 31 days at most: the hours as they stood then; an interval ends there',
  })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  asOf?: string;

  @ApiPropertyOptional({ description: 'nextCursor of the page before' })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  cursor?: string;
}
