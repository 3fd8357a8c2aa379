import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { showInstant, type FaultParameters } from '@sensorflow/kernel';
import { DEFAULT_METRIC } from '@sensorflow/sensor-data';
import { DELIMITERS, type Delimiter } from '../grammar/import-options.js';
import { COLUMN_REASONS, type ColumnReason } from '../preview/column-reasons.js';
import type { CsvPreview, PreviewedReading } from '../preview/csv-preview.js';
import { GivenOptionsView, toGivenOptionsView } from './given-options.view.js';
import { TEXT_ENCODINGS, type TextEncoding } from '../text/text-encoding.js';

class PreviewedColumnView {
  @ApiProperty({
    example: 'Temp (°C)',
    description: 'how the option columns names it: `Temp#2` is the second column Temp',
  })
  key!: string;

  @ApiProperty({ example: 'Temp (°C)', description: 'as it stands in the file' })
  name!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'Temp_C',
    description:
      'as it would be read: equipmentId, timestamp, date, time, metric or value (of a long file), the name of a metric, or null: left out',
  })
  role!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'Temp_C',
    description: 'what the option columns may say of it, in the same words',
  })
  proposal!: string | null;

  @ApiProperty({ example: 'Every other column is a metric; its name is made that of one.' })
  reason!: string;

  @ApiProperty({ enum: Object.keys(COLUMN_REASONS), example: 'metric-renamed' })
  reasonCode!: ColumnReason;
}

/** A metric of a long file. */
export class MadeMetricView {
  @ApiProperty({ example: 'Outside Temp (°C)', description: 'as it stands in the file' })
  name!: string;

  @ApiProperty({ example: 'Outside_Temp_C', description: 'as it is stored' })
  metric!: string;
}

class FittingFormatView {
  @ApiProperty({
    example: 'dd.MM.yyyy HH:mm',
    description: 'as the option timestampFormat takes it',
  })
  format!: string;

  @ApiProperty({ example: '14.05.2023 10:00', description: 'a timestamp of the file' })
  example!: string;

  @ApiProperty({
    example: '2023-05-14T10:00:00.000',
    description: 'what it means in this format; without Z it is a local time',
  })
  meaning!: string;
}

class PreviewedReadingView {
  @ApiProperty({ type: 'integer', example: 2 })
  line!: number;

  @ApiProperty({
    example: 'EQ-12495',
    description: 'empty while neither a column nor the option equipmentId names it',
  })
  equipmentId!: string;

  @ApiProperty({ format: 'date-time', example: '2023-05-14T08:00:00.000Z' })
  timestamp!: string;

  @ApiPropertyOptional({ type: Number, description: 'where value is the only metric' })
  value?: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'number' },
    example: { Temp_C: 21.5 },
  })
  values!: Readonly<Record<string, number>>;
}

class PreviewFaultView {
  @ApiProperty({ example: 'timestamp-offset-missing' })
  code!: string;

  @ApiProperty()
  detail!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { oneOf: [{ type: 'string' }, { type: 'number' }] },
    example: { column: 'Temp_C' },
    description:
      'what the detail is about, such as its column, format, zone, fields or equipmentId, where there is something to name',
  })
  parameters!: FaultParameters;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'of the first row that has it; null for one of the whole file',
  })
  line!: number | null;

  @ApiProperty({ type: 'integer', description: 'how many of the rows that were looked at have it' })
  rows!: number;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'timezone',
    description: 'the option that may help',
  })
  option!: string | null;
}

/** How a file would be read; null for what a fault leaves unknown. */
export class CsvPreviewView {
  @ApiProperty({ enum: TEXT_ENCODINGS, nullable: true, example: 'utf-8' })
  encoding!: TextEncoding | null;

  @ApiProperty({ enum: DELIMITERS, nullable: true, example: ';' })
  delimiter!: Delimiter | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 1,
    description: 'the line that names the columns; 0 for a file without one',
  })
  headerLine!: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'Zeit;Temp (°C)',
    description: 'that line, or its beginning',
  })
  headerText!: string | null;

  @ApiProperty({ type: [PreviewedColumnView] })
  columns!: readonly PreviewedColumnView[];

  @ApiProperty({
    type: [FittingFormatView],
    description: 'that the timestamps can have: where there are several, only you can say which',
  })
  timestampFormats!: readonly FittingFormatView[];

  @ApiProperty({
    type: [MadeMetricView],
    description:
      'of a long file: names of its rows that are no metric names, and what they are made',
  })
  madeMetrics!: readonly MadeMetricView[];

  @ApiProperty({
    type: GivenOptionsView,
    description:
      'what was said, and what can be said beside it, to be sent as it stands; what only you can decide is left open',
  })
  options!: GivenOptionsView;

  @ApiProperty({ type: [PreviewedReadingView], description: 'the first five, as understood' })
  readings!: readonly PreviewedReadingView[];

  @ApiProperty({
    description:
      'the header has faults: readings, and faults of rows, are those of the proposals of all columns',
  })
  readingsAsProposed!: boolean;

  @ApiProperty({ type: [PreviewFaultView], description: 'all that were found' })
  faults!: readonly PreviewFaultView[];
}

export function toCsvPreviewView(preview: CsvPreview): CsvPreviewView {
  return {
    encoding: preview.encoding ?? null,
    delimiter: preview.delimiter ?? null,
    headerLine: preview.headerLine ?? null,
    headerText: preview.headerText ?? null,
    columns: preview.columns.map(({ key, name, role, proposal, reason }) => ({
      key,
      name,
      role,
      proposal,
      reason: COLUMN_REASONS[reason],
      reasonCode: reason,
    })),
    timestampFormats: preview.timestampFormats.map(({ format, example, meaning }) => ({
      format,
      example,
      meaning,
    })),
    madeMetrics: preview.madeMetrics.map(({ name, metric }) => ({ name, metric })),
    options: toGivenOptionsView(preview.options),
    readings: preview.readings.map(toReadingView),
    readingsAsProposed: preview.isAsProposed,
    faults: preview.faults.map(({ code, detail, parameters, line, rows, option }) => ({
      code,
      detail,
      parameters: parameters ?? {},
      line: line ?? null,
      rows,
      option: option ?? null,
    })),
  };
}

function toReadingView({ line, reading }: PreviewedReading): PreviewedReadingView {
  const { equipmentId, timestamp, values } = reading;
  const value = values.size === 1 ? values.get(DEFAULT_METRIC) : undefined;
  return {
    line,
    equipmentId,
    timestamp: showInstant(timestamp),
    ...(value !== undefined && { value }),
    values: Object.fromEntries(values),
  };
}
