import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches } from 'class-validator';

/** The query string of a list of readings, as texts; `readingRangeOf` makes sense of them. */
export class ReadingsQuery {
  @ApiPropertyOptional({ description: 'RFC 3339, included (write + as %2B)' })
  @IsOptional()
  @IsString({ message: 'A timestamp is given once.', context: { code: 'timestamp-malformed' } })
  from?: string;

  @ApiPropertyOptional({ description: 'RFC 3339, excluded (write + as %2B)' })
  @IsOptional()
  @IsString({ message: 'A timestamp is given once.', context: { code: 'timestamp-malformed' } })
  to?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @IsOptional()
  @Matches(/^(?:[1-9][0-9]{0,2}|1000)$/, {
    message: 'The limit is a whole number from 1 to 1000.',
    context: { code: 'limit-invalid' },
  })
  limit?: string;

  @ApiPropertyOptional({ description: 'nextCursor of the page before' })
  @IsOptional()
  @IsString({ message: 'A cursor is given once.', context: { code: 'cursor-invalid' } })
  cursor?: string;

  @ApiPropertyOptional({ enum: ['asc', 'desc'], default: 'asc' })
  @IsOptional()
  @IsIn(['asc', 'desc'], {
    message: 'The order is asc or desc.',
    context: { code: 'order-invalid' },
  })
  order?: 'asc' | 'desc';
}
