import type { EquipmentRestriction } from '@sensorflow/auth';
import type { Fault, Instant } from '@sensorflow/kernel';
import type { ColumnFormatsState } from '../grammar/column-formats.js';
import { NO_CELLS, type CellCounts } from '../grammar/judged-rows.js';
import type { Delimiter, ImportOptions } from '../grammar/import-options.js';
import type { TextEncoding } from '../text/text-encoding.js';
import { NO_CONTENTS, type FileContents } from './file-contents.js';

/** An import as it is kept: what was asked for, how far it got, and who works on it. */
export interface ImportRecord {
  /** UUIDv7: in the order of creation. */
  readonly uploadId: string;
  /** Undefined for imports of builds that did not write it down. */
  readonly createdBy: ImportCreator | undefined;
  /** The only equipment that it may bring, by names and beginnings of names; undefined for any. */
  readonly equipmentEntries: readonly string[] | undefined;
  readonly fileName: string;
  /** As announced; the presigned URL binds it. */
  readonly declaredBytes: number;
  readonly options: ImportOptions;
  readonly createdAt: Instant;
  readonly uploadExpiresAtEpochMs: number;
  readonly status: ImportStatus;
  readonly startedAt: Instant | undefined;
  readonly finishedAt: Instant | undefined;
  /** Why the file could not be imported at all. */
  readonly failure: Fault | undefined;
  /** The object as the first run found it; later runs read this very object or none. */
  readonly object: UploadedObject | undefined;
  readonly lease: Lease | undefined;
  /** How many runs have worked on it. */
  readonly runs: number;
  readonly checkpoint: ImportCheckpoint;
  /** Since somebody asked to take it back. */
  readonly undo: UndoProgress | undefined;
}

/** How far a run has come through the hours of a manifest, and where the next one goes on. */
export interface ManifestProgress {
  readonly doneHours: number;
  readonly nextPart: number;
  /** Of that part, from 0. */
  readonly nextHour: number;
}

/** How far an import has been taken back. */
export interface UndoProgress extends ManifestProgress {
  /** Who asked for it. */
  readonly by: string;
  readonly startedAtEpochMs: number;
  /** When a message was last sent for it. */
  readonly askedAtEpochMs: number;
  /** To be taken back, as the manifest names them; undefined until it is closed. */
  readonly totalHours: number | undefined;
  /** Not taken back, because their readings expire. */
  readonly sealedHours: number;
}

/** Of an import whose rows are all read: its hours are recomputed before it is finished. */
export interface RecomputationProgress extends ManifestProgress {
  readonly startedAtEpochMs: number;
  readonly totalHours: number;
  /** Why the file could not be imported to its end. */
  readonly failure: Fault | undefined;
}

/** Who opened an import and may see it. */
export interface ImportCreator {
  /** Of the token: stable, and never given twice. For a machine its client id. */
  readonly subject: string;
  /** As people know it. */
  readonly name: string;
}

/** The same, with the only equipment that they may bring; undefined for any. */
export interface ImportOpener extends ImportCreator {
  readonly equipment?: EquipmentRestriction | undefined;
}

export type FinalStatus = 'completed' | 'completed-with-errors' | 'failed';
export type ImportStatus =
  'awaiting-upload' | 'queued' | 'importing' | FinalStatus | 'undoing' | 'undone';

export interface UploadedObject {
  readonly etag: string;
  readonly bytes: number;
}

/** The right to work on an import; the newest one holds. */
export interface Lease {
  readonly token: string;
  /** The queue's message that the run works for. */
  readonly messageId: string;
  /** When the run was last known to be alive. */
  readonly seenAtEpochMs: number;
  /** A released lease cannot be at work any more. */
  readonly released: boolean;
  /** How many rows and hours were done when a fresh message was sent last; 0 before. */
  readonly renewedAtSteps: number;
}

/** `total` is always `accepted` + `rejected`. */
export interface RowCounts {
  readonly total: number;
  readonly accepted: number;
  readonly rejected: number;
}

/** Everything that a run needs to go on where another one stood, saved in one write. */
export interface ImportCheckpoint {
  /** Bytes of the decoded text (decompressed, as UTF-8) in front of the next record. */
  readonly offset: number;
  /** Number of the next line, from 1. */
  readonly line: number;
  /** Of the reader of timestamps; empty when there is nothing to remember. */
  readonly timeState: string;
  /** Whether the next rows stand under another header than that of the file. */
  readonly isUnderOtherHeader: boolean;
  /** Of a long file: the names of metrics in its rows, see WrittenMetrics; at its end those that were made others. */
  readonly writtenMetrics: string;
  /** Of a dry run, once its header is read. */
  readonly columnFormats: ColumnFormatsState | undefined;
  readonly rows: RowCounts;
  /** Of the columns for metrics; of imports of earlier versions, those since the last checkpoint. */
  readonly cells: CellCounts;
  readonly contents: FileContents;
  /** Bytes of the object read so far. */
  readonly bytesProcessed: number;
  /** Known once the header was read. */
  readonly dialect: FileDialect | undefined;
  readonly report: ReportState;
  /** Undefined until all rows are read. */
  readonly recomputation: RecomputationProgress | undefined;
}

export interface FileDialect {
  readonly encoding: TextEncoding;
  readonly delimiter: Delimiter;
  /** The header line as it stands in the file; its columns are read from it again on resuming. */
  readonly headerText: string;
  /** Its number, from 1; 0 for a file without one. */
  readonly headerLine: number;
}

/** The parts of the error report that count, in order. */
export interface ReportState {
  readonly parts: readonly RunParts[];
  readonly bytes: number;
  /** Rows with faults that no longer fitted into the report. */
  readonly unlisted: number;
}

/** Parts 1 to `count` of one run. */
export interface RunParts {
  readonly run: number;
  readonly count: number;
}

export const START: ImportCheckpoint = {
  offset: 0,
  line: 1,
  timeState: '',
  isUnderOtherHeader: false,
  writtenMetrics: '',
  columnFormats: undefined,
  rows: { total: 0, accepted: 0, rejected: 0 },
  cells: NO_CELLS,
  contents: NO_CONTENTS,
  bytesProcessed: 0,
  dialect: undefined,
  report: { parts: [], bytes: 0, unlisted: 0 },
  recomputation: undefined,
};

export const MANIFEST_START: ManifestProgress = { doneHours: 0, nextPart: 1, nextHour: 0 };

/** Of an import that has been opened, and nothing more. */
export const NOT_UPLOADED = {
  status: 'awaiting-upload',
  startedAt: undefined,
  finishedAt: undefined,
  failure: undefined,
  object: undefined,
  lease: undefined,
  runs: 0,
  checkpoint: START,
  undo: undefined,
} as const;

/** Of an undo that begins. */
export function nothingUndone(by: string, nowEpochMs: number): UndoProgress {
  return {
    ...MANIFEST_START,
    by,
    startedAtEpochMs: nowEpochMs,
    askedAtEpochMs: nowEpochMs,
    totalHours: undefined,
    sealedHours: 0,
  };
}

const OPEN: ReadonlySet<ImportStatus> = new Set(['awaiting-upload', 'queued', 'importing']);

/** Whether no run imports it any more. */
export function isFinished({ status }: ImportRecord): boolean {
  return !OPEN.has(status);
}

/** Whether a run has anything to do with it, be it to import it or to take it back. */
export function needsRuns(record: ImportRecord): boolean {
  return !isFinished(record) || record.status === 'undoing';
}

/** Whether there is an error report. */
export function hasFaults({ rows, cells }: ImportCheckpoint): boolean {
  return rows.rejected > 0 || cells.rejected > 0;
}

export function isGzipName(fileName: string): boolean {
  return fileName.toLowerCase().endsWith('.gz');
}
