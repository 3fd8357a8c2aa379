import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { refused, type Parsed } from '@sensorflow/kernel';
import { parseEquipmentId } from '@sensorflow/sensor-data';
import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { parseColumns } from '../grammar/column-mapping.js';
import {
  DECIMAL_SIGNS,
  DEFAULT_OPTIONS,
  DELIMITERS,
  parseHeaderLine,
  parseMissing,
  parseNames,
  REPEATED_HOURS,
  type DecimalSign,
  type Delimiter,
  type ImportOptions,
  type RepeatedHour,
} from '../grammar/import-options.js';
import { USUAL_MISSING } from '../grammar/missing-cells.js';
import { parseTimestampFormat } from '../grammar/timestamp-format.js';
import { parseTimezone } from '../grammar/timezone.js';
import { isFileName, isImportable } from '../job/upload-request.js';
import { TEXT_ENCODINGS, type TextEncoding } from '../text/text-encoding.js';
import { AsItCame, IsParsed, Satisfies } from './option-constraints.js';

const isText = (value: unknown): value is string => typeof value === 'string';
const ENDINGS = '.csv, .tsv, .txt or .dat, each with .gz behind it when it is compressed';

/** A parser of text, for anything that a caller may send. */
function ofText<T>(code: string, parse: (text: string) => Parsed<T>) {
  return (value: unknown): Parsed<T> =>
    isText(value) ? parse(value) : refused(code, 'The value of this option is text.');
}

/** A file's name, and how the file is to be read; an option that is null is as good as absent. */
export class FileOptionsBody {
  @ApiProperty({ example: 'readings.csv', description: `ends in ${ENDINGS}` })
  @Satisfies(
    'file-name-invalid',
    'A file name has 1 to 255 bytes, no control characters and no path.',
    (value) => isText(value) && isFileName(value),
  )
  @Satisfies(
    'file-type-unsupported',
    `The file name ends in ${ENDINGS}.`,
    (value) => !isText(value) || !isFileName(value) || isImportable(value),
  )
  fileName!: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'EQ-12495',
    description: 'the equipment of the whole file; otherwise a column has it',
  })
  @IsOptional()
  @IsParsed('equipment-id-invalid', ofText('equipment-id-invalid', parseEquipmentId), [
    'equipment-id-missing',
    'equipment-id-reserved',
  ])
  equipmentId?: string | null;

  @ApiPropertyOptional({
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'string', nullable: true },
    example: { Zeit: 'timestamp', 'Temp, °C#2': 'temperature', Comment: null },
    description:
      'a column of the file → equipmentId, timestamp, date, time, the name of a metric, or null to leave it out; ' +
      '`Temp#2` is the second column Temp. In a long file metric names the column of metric names and value that of the numbers',
  })
  @IsOptional()
  @AsItCame('columns')
  @IsParsed('columns-invalid', parseColumns)
  columns?: Readonly<Record<string, string | null>> | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: 100,
    nullable: true,
    description:
      'the line that names the columns, or 0 for a file without one, with names; found unless given',
  })
  @IsOptional()
  @IsParsed('header-line-invalid', parseHeaderLine)
  @Satisfies(
    'header-line-invalid',
    'A file without a header line (headerLine 0) needs names.',
    (value, body) => value !== 0 || hasValue(body, 'names'),
  )
  headerLine?: number | null;

  @ApiPropertyOptional({
    type: [String],
    nullable: true,
    example: ['id', 'timestamp', 'state', 'temperature'],
    description: 'of the columns of a file without a header line',
  })
  @IsOptional()
  @IsParsed('names-invalid', parseNames)
  @Satisfies(
    'names-invalid',
    'names are for a file without a header line: then headerLine is 0.',
    (_, body) => Reflect.get(body, 'headerLine') === 0,
  )
  names?: readonly string[] | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'dd.MM.yyyy HH:mm',
    description:
      'iso, epoch-s, epoch-ms, epoch-us, epoch-ns, excel, or a pattern of the letters of Unicode; iso unless given',
  })
  @IsOptional()
  @IsParsed('timestamp-format-invalid', ofText('timestamp-format-invalid', parseTimestampFormat))
  timestampFormat?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'Europe/Berlin',
    description:
      'of timestamps without an offset, an IANA name or an offset such as +01:00; without it they are bad rows',
  })
  @IsOptional()
  @IsParsed('timezone-invalid', ofText('timezone-invalid', parseTimezone))
  timezone?: string | null;

  @ApiPropertyOptional({
    enum: REPEATED_HOURS,
    nullable: true,
    default: DEFAULT_OPTIONS.repeatedHour,
    description:
      'what the hour of an autumn night means that clocks show twice; in-order: in summer time first, then in winter time',
  })
  @IsOptional()
  @IsIn(REPEATED_HOURS, {
    message: `The repeated hour is ${REPEATED_HOURS.join(', ')}.`,
    context: { code: 'repeated-hour-invalid' },
  })
  repeatedHour?: RepeatedHour | null;

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
  decimal?: DecimalSign | null;

  @ApiPropertyOptional({
    enum: TEXT_ENCODINGS,
    nullable: true,
    description:
      'utf-8, or what a byte order mark says, unless given; a byte order mark is always right',
  })
  @IsOptional()
  @IsIn(TEXT_ENCODINGS, {
    message: `The encoding is ${TEXT_ENCODINGS.join(', ')}.`,
    context: { code: 'encoding-invalid' },
  })
  encoding?: TextEncoding | null;

  @ApiPropertyOptional({
    type: [String],
    nullable: true,
    example: ['-200', 'n/a'],
    description: `cells that mean no value, beside empty ones, in any case of letters; ${USUAL_MISSING.join(' ')} unless given`,
  })
  @IsOptional()
  @IsParsed('missing-invalid', parseMissing)
  missing?: readonly string[] | null;

  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    default: false,
    description: 'checks and counts, and writes nothing; a preview never writes',
  })
  @IsOptional()
  @IsBoolean({ message: 'dryRun is true or false.', context: { code: 'dry-run-invalid' } })
  dryRun?: boolean | null;
}

function hasValue(body: object, name: string): boolean {
  return (Reflect.get(body, name) ?? undefined) !== undefined;
}

/** The options of a body that was checked. */
export function toImportOptions(body: FileOptionsBody): ImportOptions {
  return {
    equipmentId: body.equipmentId ?? undefined,
    columns: valueOf(parseColumns(body.columns ?? {})) ?? DEFAULT_OPTIONS.columns,
    headerLine: body.headerLine ?? undefined,
    names: valueOf(parseNames(body.names)),
    timestampFormat: body.timestampFormat ?? undefined,
    timezone: body.timezone ?? undefined,
    repeatedHour: body.repeatedHour ?? DEFAULT_OPTIONS.repeatedHour,
    delimiter: body.delimiter ?? undefined,
    decimal: body.decimal ?? DEFAULT_OPTIONS.decimal,
    encoding: body.encoding ?? undefined,
    missing: valueOf(parseMissing(body.missing)),
    dryRun: body.dryRun ?? DEFAULT_OPTIONS.dryRun,
  };
}

function valueOf<T>(parsed: Parsed<T>): T | undefined {
  return parsed.ok ? parsed.value : undefined;
}
