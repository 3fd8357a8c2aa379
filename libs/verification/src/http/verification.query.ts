import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** The query string of a verification, as it is documented. The rules themselves are verification-request.ts. */
export class VerificationParameters {
  @ApiProperty({
    type: String,
    format: 'date-time',
    description: 'RFC 3339 (write + as %2B): hours that start at or after it',
  })
  from?: unknown;

  @ApiProperty({
    type: String,
    format: 'date-time',
    description:
      'RFC 3339 (write + as %2B): hours that start before it, at most 366 days from from',
  })
  to?: unknown;

  @ApiPropertyOptional({
    type: String,
    description: 'its own hours alone; all equipment and the sums of the fleet unless named',
    pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$',
  })
  equipmentId?: unknown;

  @ApiPropertyOptional({ type: String, description: 'nextCursor of the page before' })
  cursor?: unknown;
}
