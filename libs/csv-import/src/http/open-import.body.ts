import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  Min,
  registerDecorator,
  type ValidationArguments,
  type ValidationOptions,
} from 'class-validator';
import {
  DECIMAL_SIGNS,
  DELIMITERS,
  isTimezone,
  parseColumns,
  type DecimalSign,
  type Delimiter,
} from '../import-options.js';
import { isFileName, isImportable, type UploadRequest } from '../upload-request.js';

/** A rule of the core as a constraint. */
function Satisfies(
  code: string,
  message: string,
  holds: (value: unknown, body: object) => boolean,
): PropertyDecorator {
  const options: ValidationOptions = { message, context: { code } };
  return (target, property) => {
    registerDecorator({
      name: code,
      target: target.constructor,
      propertyName: String(property),
      options,
      validator: {
        validate: (value: unknown, { object }: ValidationArguments) => holds(value, object),
      },
    });
  };
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** What opens an import. */
export class OpenImportBody {
  @ApiProperty({ example: 'readings.csv', description: 'ends in .csv or .csv.gz' })
  @Satisfies(
    'file-name-invalid',
    'A file name has 1 to 255 bytes, no control characters and no path.',
    (value) => isText(value) && isFileName(value),
  )
  @Satisfies(
    'file-type-unsupported',
    'The file name ends in .csv or .csv.gz.',
    (value) => !isText(value) || !isFileName(value) || isImportable(value),
  )
  fileName!: string;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    example: 1_367_695,
    description: 'bytes of the file',
  })
  @IsInt({ message: 'The size is a whole number of bytes.', context: { code: 'size-invalid' } })
  @Min(1, { message: 'An empty file has no readings.', context: { code: 'size-invalid' } })
  size!: number;

  @ApiPropertyOptional({
    example: 'Europe/Berlin',
    description: 'IANA zone of timestamps without an offset; without it they are bad rows',
  })
  @IsOptional()
  @Satisfies(
    'timezone-invalid',
    'The time zone is an IANA name such as Europe/Berlin.',
    (value) => isText(value) && isTimezone(value),
  )
  timezone?: string;

  @ApiPropertyOptional({ enum: DELIMITERS, description: 'found from the header unless given' })
  @IsOptional()
  @IsIn(DELIMITERS, {
    message: 'The delimiter is a comma, a semicolon, a tab or a bar.',
    context: { code: 'delimiter-invalid' },
  })
  delimiter?: Delimiter;

  @ApiPropertyOptional({ enum: DECIMAL_SIGNS, default: '.' })
  @IsOptional()
  @IsIn(DECIMAL_SIGNS, {
    message: 'The decimal sign is a point or a comma.',
    context: { code: 'decimal-invalid' },
  })
  @Satisfies(
    'decimal-invalid',
    'With a decimal comma the delimiter is another sign.',
    (value, body) => value !== ',' || Reflect.get(body, 'delimiter') !== ',',
  )
  decimal?: DecimalSign;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', nullable: true },
    example: { Temp: 'temperature', Comment: null },
    description: 'a column of the file → its new name, or null to leave it out',
  })
  @IsOptional()
  // Kept as it came: the transformation would make an instance of it.
  @Transform(({ obj }: { obj: object }): unknown => Reflect.get(obj, 'columns'))
  @Satisfies(
    'columns-invalid',
    'columns maps names of columns to equipmentId, timestamp, the name of a metric, or null.',
    (value) => parseColumns(value).ok,
  )
  columns?: Readonly<Record<string, string | null>>;

  @ApiPropertyOptional({ default: false, description: 'checks and counts, and writes nothing' })
  @IsOptional()
  @IsBoolean({ message: 'dryRun is true or false.', context: { code: 'dry-run-invalid' } })
  dryRun?: boolean;
}

export function toUploadRequest({ columns, ...body }: OpenImportBody): UploadRequest {
  const parsed = columns && parseColumns(columns);
  return { ...body, columns: parsed?.ok === true ? parsed.value : undefined };
}
