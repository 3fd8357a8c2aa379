import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { showInstant } from '@sensorflow/kernel';
import { shownHeader } from '../grammar/file-header.js';
import { WrittenMetrics } from '../grammar/written-metrics.js';
import type { OpenedImport, ShownImport } from '../job/csv-imports.js';
import { CsvPreviewView, MadeMetricView, toCsvPreviewView } from './csv-preview.view.js';
import { paceOf } from '../job/import-pace.js';
import type { ImportCheckpoint, ImportRecord, UndoProgress } from '../job/import-record.js';
import { GivenOptionsView, toGivenOptionsView } from './given-options.view.js';
import {
  CellCountsView,
  ImportedEquipmentView,
  RowCountsView,
  shown,
  toCountsView,
} from './import-counts.view.js';
import { uploadCommand } from './upload-command.js';

const STATUSES = [
  'awaiting-upload',
  'expired',
  'queued',
  'importing',
  'completed',
  'completed-with-errors',
  'failed',
  'undoing',
  'undone',
] as const;

class ImportedColumnView {
  @ApiProperty({ example: 'Temp', description: 'how the option columns names it' })
  key!: string;

  @ApiProperty({ example: 'Temp', description: 'as it stands in the file' })
  name!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'temperature',
    description: 'what it is read as, in the words of the option columns; null: left out',
  })
  role!: string | null;
}

class RecomputationView {
  @ApiProperty({ type: 'integer', description: 'hours of equipment that the file has rows in' })
  total!: number;

  @ApiProperty({ type: 'integer', description: 'of them, those whose aggregates are right' })
  done!: number;
}

class ByteCountsView {
  @ApiProperty({ type: 'integer', description: 'of the file as uploaded' })
  total!: number;

  @ApiProperty({ type: 'integer' })
  processed!: number;
}

class ImportFailureView {
  @ApiProperty({ example: 'header-missing-column' })
  code!: string;

  @ApiProperty()
  detail!: string;
}

class UndoView {
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'hours of equipment to take back; null until that is known',
  })
  total!: number | null;

  @ApiProperty({ type: 'integer', description: 'of them, those that are done' })
  done!: number;

  @ApiProperty({
    type: 'integer',
    description: 'of those, not taken back because their readings expire',
  })
  sealed!: number;
}

/** An import and its progress. */
export class ImportView {
  @ApiProperty({ format: 'uuid' })
  uploadId!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'ada',
    description:
      'user name, id of the machine client, or name of the API key; null for imports of earlier versions',
  })
  createdBy!: string | null;

  @ApiProperty({ example: 'readings.csv' })
  fileName!: string;

  @ApiProperty({ enum: STATUSES })
  status!: (typeof STATUSES)[number];

  @ApiProperty({ type: RowCountsView })
  rows!: RowCountsView;

  @ApiProperty({ type: CellCountsView, description: 'of the columns for metrics' })
  cells!: CellCountsView;

  @ApiProperty({ type: ByteCountsView })
  bytes!: ByteCountsView;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'of accepted rows, the earliest instant',
  })
  firstTimestamp!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  lastTimestamp!: string | null;

  @ApiProperty({ type: ImportedEquipmentView, description: 'of accepted rows' })
  equipment!: ImportedEquipmentView;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'from the start to the last row; waiting for others counts',
  })
  rowsPerSecond!: number | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description:
      'of what is under way, at its pace so far: reading rows, recomputing hours, taking them back',
  })
  estimatedEndAt!: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  startedAt!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt!: string | null;

  @ApiProperty({
    type: ImportFailureView,
    nullable: true,
    description: 'why the file could not be imported at all',
  })
  failure!: ImportFailureView | null;

  @ApiProperty({ type: String, format: 'uri', nullable: true, description: 'for 15 minutes' })
  errorReportUrl!: string | null;

  @ApiPropertyOptional({
    type: [ImportedColumnView],
    description: 'of one import, once the header is read; not in lists',
  })
  columns?: readonly ImportedColumnView[];

  @ApiPropertyOptional({
    type: 'integer',
    example: 1,
    description:
      'of one import, once the header is read: the line that was taken for it; 0 for a file without one',
  })
  headerLine?: number;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'equipmentId,timestamp,Temp',
    description: 'that line, or its beginning; null for a file without one',
  })
  headerText?: string | null;

  @ApiPropertyOptional({
    type: [MadeMetricView],
    description:
      'of one import of a long file: names of its rows that are no metric names, and what they were made',
  })
  madeMetrics?: readonly MadeMetricView[];

  @ApiPropertyOptional({
    type: GivenOptionsView,
    description: 'of one import: those that were given, for a corrected file; not in lists',
  })
  options?: GivenOptionsView;

  @ApiPropertyOptional({
    type: RecomputationView,
    description: 'once all rows are read: the import is done when these hours are',
  })
  recomputation?: RecomputationView;

  @ApiPropertyOptional({
    type: CsvPreviewView,
    description: 'of a dry run that is done, alone: what a preview says of the head of its file',
  })
  understood?: CsvPreviewView;

  @ApiPropertyOptional({ enum: [true], description: 'only there when nothing was written' })
  dryRun?: true;

  @ApiPropertyOptional({ type: UndoView, description: 'only there when it is taken back' })
  undo?: UndoView;
}

export class ImportPageView {
  @ApiProperty({ type: [ImportView] })
  items!: readonly ImportView[];

  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null;
}

/** Where and how to upload the file. */
export class ImportUploadView {
  @ApiProperty({ format: 'uuid' })
  uploadId!: string;

  @ApiProperty({ enum: ['PUT'] })
  method!: 'PUT';

  @ApiProperty({ format: 'uri' })
  url!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'to be sent exactly; the URL is signed for them',
    example: { 'content-type': 'text/csv', 'content-length': '1367695', 'if-none-match': '*' },
  })
  headers!: Readonly<Record<string, string>>;

  @ApiProperty({ format: 'date-time' })
  expiresAt!: string;

  @ApiProperty({
    example: '/sensor-data/uploads/5f1c2d8e-7a34-4c1b-9d2e-0b6a4f3e8c71',
    format: 'uri-reference',
  })
  statusUrl!: string;

  @ApiProperty({
    description: 'uploads the file when it is pasted into a POSIX shell, in the folder of the file',
    example:
      "curl -sS --fail-with-body -g -T 'readings.csv' -H 'content-type: text/csv' -H 'if-none-match: *' 'https://…'",
  })
  curl!: string;
}

export function toImportView(shownImport: ShownImport): ImportView {
  const { record, status, errorReportUrl, columns, understood } = shownImport;
  const { checkpoint, object, declaredBytes, undo } = record;
  const { bytesProcessed, recomputation } = checkpoint;
  return {
    uploadId: record.uploadId,
    createdBy: record.createdBy?.name ?? null,
    fileName: record.fileName,
    status,
    ...toCountsView(checkpoint),
    bytes: { total: object?.bytes ?? declaredBytes, processed: bytesProcessed },
    ...toPaceView(record),
    createdAt: showInstant(record.createdAt),
    startedAt: shown(record.startedAt),
    finishedAt: shown(record.finishedAt),
    failure: record.failure ?? null,
    errorReportUrl,
    ...(columns && { columns, ...toHeaderView(checkpoint) }),
    ...(recomputation && {
      recomputation: { total: recomputation.totalHours, done: recomputation.doneHours },
    }),
    ...(record.options.dryRun && { dryRun: true }),
    ...(understood && { understood: toCsvPreviewView(understood) }),
    ...(undo && { undo: toUndoView(undo) }),
  };
}

/** With its options, which lists leave out. */
export function toSingleImportView(shownImport: ShownImport): ImportView {
  const options = toGivenOptionsView(shownImport.record.options);
  return Object.assign(toImportView(shownImport), { options });
}

/** Of a file whose header is read. */
function toHeaderView({ dialect, writtenMetrics }: ImportCheckpoint) {
  if (!dialect) return {};
  const { headerLine, headerText } = dialect;
  return {
    headerLine,
    headerText: headerLine === 0 ? null : shownHeader(headerText),
    madeMetrics: new WrittenMetrics(writtenMetrics).made,
  };
}

function toPaceView(record: ImportRecord) {
  const { rowsPerSecond, estimatedEndEpochMs } = paceOf(record);
  return {
    rowsPerSecond: rowsPerSecond === undefined ? null : Number(rowsPerSecond.toPrecision(3)),
    estimatedEndAt:
      estimatedEndEpochMs === undefined ? null : new Date(estimatedEndEpochMs).toISOString(),
  };
}

function toUndoView({ totalHours, doneHours, sealedHours }: UndoProgress): UndoView {
  return { total: totalHours ?? null, done: doneHours, sealed: sealedHours };
}

export function toImportUploadView(opened: OpenedImport): ImportUploadView {
  const { uploadId, fileName, url, headers, expiresAtEpochMs } = opened;
  return {
    uploadId,
    method: 'PUT',
    url,
    headers,
    expiresAt: new Date(expiresAtEpochMs).toISOString(),
    statusUrl: statusUrlOf(uploadId),
    curl: uploadCommand(fileName, opened),
  };
}

/** Without a host: the one that the caller used is the right one. */
export function statusUrlOf(uploadId: string): string {
  return `/sensor-data/uploads/${uploadId}`;
}
