import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { GIVEN_ONCE } from '@sensorflow/platform/http/query-values.js';
import { ParsedBy } from '@sensorflow/platform/http/request-validation.pipe.js';
import { IsOptional, IsString } from 'class-validator';
import { verificationRequestOf, type VerificationTexts } from './verification-request.js';

/** The query string of a verification, as texts. */
@ParsedBy(verificationRequestOf)
export class VerificationQueryTexts implements VerificationTexts {
  @ApiProperty({
    format: 'date-time',
    description: 'RFC 3339 (write + as %2B): hours that start at or after it',
  })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  from?: string;

  @ApiProperty({
    format: 'date-time',
    description:
      'RFC 3339 (write + as %2B): hours that start before it, at most 366 days from from',
  })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  to?: string;

  @ApiPropertyOptional({
    description: 'its own hours alone; all equipment and the sums of the fleet unless named',
    pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$',
  })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  equipmentId?: string;

  @ApiPropertyOptional({ description: 'nextCursor of the page before' })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  cursor?: string;
}
