import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { showInstant, type Instant } from '@sensorflow/kernel';
import type { OpenedImport, ShownImport } from '../job/csv-imports.js';
import type { UndoProgress } from '../job/import-record.js';
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

class RowCountsView {
  @ApiProperty({ type: 'integer', description: 'rows read so far' })
  total!: number;

  @ApiProperty({ type: 'integer' })
  accepted!: number;

  @ApiProperty({ type: 'integer' })
  rejected!: number;
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
    description: 'user name, or id of the machine client; null for imports of earlier versions',
  })
  createdBy!: string | null;

  @ApiProperty({ example: 'readings.csv' })
  fileName!: string;

  @ApiProperty({ enum: STATUSES })
  status!: (typeof STATUSES)[number];

  @ApiProperty({ type: RowCountsView })
  rows!: RowCountsView;

  @ApiProperty({ type: ByteCountsView })
  bytes!: ByteCountsView;

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

export function toImportView({ record, status, errorReportUrl }: ShownImport): ImportView {
  const { rows, bytesProcessed } = record.checkpoint;
  return {
    uploadId: record.uploadId,
    createdBy: record.createdBy?.name ?? null,
    fileName: record.fileName,
    status,
    rows,
    bytes: { total: record.object?.bytes ?? record.declaredBytes, processed: bytesProcessed },
    createdAt: showInstant(record.createdAt),
    startedAt: shown(record.startedAt),
    finishedAt: shown(record.finishedAt),
    failure: record.failure ?? null,
    errorReportUrl,
    ...(record.options.dryRun && { dryRun: true }),
    ...(record.undo && { undo: toUndoView(record.undo) }),
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

function shown(instant: Instant | undefined): string | null {
  return instant === undefined ? null : showInstant(instant);
}
