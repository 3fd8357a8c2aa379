import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsOptional,
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
} from '../grammar/import-options.js';
import { isFileName, isImportable } from '../job/upload-request.js';

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

/** What opens an import; an option that is null is as good as absent. */
export class NewImportBody {
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
  @Satisfies(
    'size-invalid',
    'The size is a whole number of bytes, at least 1.',
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= 1,
  )
  size!: number;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'Europe/Berlin',
    description: 'IANA zone of timestamps without an offset; without it they are bad rows',
  })
  @IsOptional()
  @Satisfies(
    'timezone-invalid',
    'The time zone is an IANA name such as Europe/Berlin.',
    (value) => isText(value) && isTimezone(value),
  )
  timezone?: string | null;

  @ApiPropertyOptional({
    enum: DELIMITERS,
    nullable: true,
    description: 'found from the header unless given',
  })
  @IsOptional()
  @IsIn(DELIMITERS, {
    message: 'The delimiter is a comma, a semicolon, a tab or a bar.',
    context: { code: 'delimiter-invalid' },
  })
  delimiter?: Delimiter | null;

  @ApiPropertyOptional({ enum: DECIMAL_SIGNS, nullable: true, default: '.' })
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
  decimal?: DecimalSign | null;

  @ApiPropertyOptional({
    type: 'object',
    nullable: true,
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
  columns?: Readonly<Record<string, string | null>> | null;

  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    default: false,
    description: 'checks and counts, and writes nothing',
  })
  @IsOptional()
  @IsBoolean({ message: 'dryRun is true or false.', context: { code: 'dry-run-invalid' } })
  dryRun?: boolean | null;
}
