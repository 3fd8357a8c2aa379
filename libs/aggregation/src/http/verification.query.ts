import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ParsedBy } from '@sensorflow/platform/http/request-validation.pipe.js';
import { IsOptional, IsString, type ValidationOptions } from 'class-validator';
import { verificationRequestOf, type VerificationTexts } from './verification-request.js';

const ONCE: ValidationOptions = {
  message: '$property is given once.',
  context: { code: 'parameter-repeated' },
};

/** The query string of a verification, as texts. */
@ParsedBy(verificationRequestOf)
export class VerificationQueryTexts implements VerificationTexts {
  @ApiProperty({
    format: 'date-time',
    description: 'RFC 3339 (write + as %2B): hours that start at or after it',
  })
  @IsOptional()
  @IsString(ONCE)
  from?: string;

  @ApiProperty({
    format: 'date-time',
    description:
      'RFC 3339 (write + as %2B): hours that start before it, at most 366 days from from',
  })
  @IsOptional()
  @IsString(ONCE)
  to?: string;

  @ApiPropertyOptional({
    description: 'its own hours alone; all equipment and the sums of the fleet unless named',
    pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$',
  })
  @IsOptional()
  @IsString(ONCE)
  equipmentId?: string;

  @ApiPropertyOptional({ description: 'nextCursor of the page before' })
  @IsOptional()
  @IsString(ONCE)
  cursor?: string;
}
