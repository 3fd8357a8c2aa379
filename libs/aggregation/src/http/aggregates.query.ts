import { ApiPropertyOptional } from '@nestjs/swagger';
import { INTERVALS } from './intervals.js';

/** The query string of the aggregates, as it is documented. The rules themselves are aggregates-request.ts. */
export class AggregatesQuery {
  @ApiPropertyOptional({
    enum: INTERVALS,
    description: 'the current hour and the 23, 47, 167 or 719 before it; not with from and to',
  })
  interval?: unknown;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description:
      'RFC 3339 (write + as %2B): hours that start at or after it, so it is rounded up to the hour',
  })
  from?: unknown;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description:
      'RFC 3339 (write + as %2B): hours that start before it, at most 366 days from from',
  })
  to?: unknown;

  @ApiPropertyOptional({
    type: String,
    description: 'value unless named; of one equipment without value, its only metric',
    pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$',
  })
  metric?: unknown;

  @ApiPropertyOptional({
    type: String,
    description: 'all equipment unless named',
    pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$',
  })
  equipmentId?: unknown;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  limit?: unknown;

  @ApiPropertyOptional({
    enum: ['true', 'false'],
    default: 'false',
    description: 'also say how complete each hour and the range are',
  })
  completeness?: unknown;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description:
      'RFC 3339, not in the future (write + as %2B), with equipmentId and for 31 days at most: the hours as they stood then; an interval ends there',
  })
  asOf?: unknown;

  @ApiPropertyOptional({ type: String, description: 'nextCursor of the page before' })
  cursor?: unknown;
}
