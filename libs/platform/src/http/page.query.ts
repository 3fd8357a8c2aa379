import { ApiPropertyOptional } from '@nestjs/swagger';
import { refuseForeignCursor } from './cursor.js';
import { ParsedBy } from './request-validation.pipe.js';
import { IsOptional, IsString, Matches } from 'class-validator';

/** The query string of a list that is read page by page. */
@ParsedBy(refuseForeignCursor)
export class PageQuery {
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
}
