import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { isDelimiter } from '../grammar/import-options.js';
import type { CellCounts } from '../grammar/judged-rows.js';
import type {
  FileDialect,
  ImportCheckpoint,
  ImportCreator,
  ImportRecord,
  ImportStatus,
  Lease,
  ReportState,
} from '../job/import-record.js';
import { isTextEncoding } from '../text/text-encoding.js';
import { columnFormatsFrom, toColumnFormatsItem } from './column-formats-item.js';
import { contentsFrom, toContentsItem } from './contents-item.js';
import { optionsFrom, optionsToItem } from './import-options-item.js';
import {
  damaged,
  fields,
  instant,
  number,
  numberOf,
  text,
  type Attribute,
  type ImportItem,
} from './item-values.js';
import {
  failureFrom,
  recomputationFrom,
  toFailureItem,
  toRecomputationItem,
  toUndoItem,
  undoFrom,
} from './progress-item.js';

/**
 * An import whose file never came is kept for so long after its URL has expired: longer than a queue keeps
 * the message of a file that did come, so that an outage of the importer forgets none.
 */
const UNUSED_KEPT_SECONDS = 15 * 24 * 60 * 60;

/** All imports are in one partition: there are few, and a list shows the newest of all. */
export const SCOPE = 'all';

export function keyOf(uploadId: string): ImportItem {
  return { scope: { S: SCOPE }, uploadId: { S: uploadId } };
}

export function toImportItem(record: ImportRecord): ImportItem {
  return {
    ...keyOf(record.uploadId),
    ...(record.createdBy && creatorToItem(record.createdBy)),
    ...(record.equipmentEntries && {
      equipment: { L: record.equipmentEntries.map((entry) => ({ S: entry })) },
    }),
    ...(record.status === 'awaiting-upload' && { expiresAt: number(forgottenAt(record)) }),
    fileName: { S: record.fileName },
    declaredBytes: number(record.declaredBytes),
    options: optionsToItem(record.options),
    createdAt: { S: record.createdAt },
    uploadExpiresAt: number(record.uploadExpiresAtEpochMs),
    status: { S: record.status },
    runs: number(record.runs),
    checkpoint: toCheckpointItem(record.checkpoint),
    ...(record.startedAt !== undefined && { startedAt: { S: record.startedAt } }),
    ...(record.finishedAt !== undefined && { finishedAt: { S: record.finishedAt } }),
    ...(record.failure && { failure: toFailureItem(record.failure) }),
    ...(record.object && { object: toObjectItem(record.object) }),
    ...(record.lease && { lease: toLeaseItem(record.lease) }),
    ...(record.undo && { undo: toUndoItem(record.undo) }),
  };
}

export function fromImportItem(item: ImportItem): ImportRecord {
  const { failure, object, lease } = item;
  return {
    uploadId: text(item['uploadId']),
    createdBy: item['subject'] && {
      subject: text(item['subject']),
      name: text(item['createdBy']),
    },
    equipmentEntries: item['equipment']?.L?.map(text),
    fileName: text(item['fileName']),
    declaredBytes: numberOf(item['declaredBytes']),
    options: optionsFrom(fields(item['options'])),
    createdAt: instant(item['createdAt']),
    uploadExpiresAtEpochMs: numberOf(item['uploadExpiresAt']),
    status: statusFrom(text(item['status'])),
    startedAt: item['startedAt'] && instant(item['startedAt']),
    finishedAt: item['finishedAt'] && instant(item['finishedAt']),
    failure: failure && failureFrom(fields(failure)),
    object: object && {
      etag: text(fields(object)['etag']),
      bytes: numberOf(fields(object)['bytes']),
    },
    lease: lease && leaseFrom(fields(lease)),
    runs: numberOf(item['runs']),
    checkpoint: checkpointFrom(fields(item['checkpoint'])),
    undo: item['undo'] && undoFrom(fields(item['undo'])),
  };
}

function creatorToItem({ subject, name }: ImportCreator): ImportItem {
  return { subject: { S: subject }, createdBy: { S: name } };
}

/** In epoch seconds, as DynamoDB's expiry wants it. */
function forgottenAt({ uploadExpiresAtEpochMs }: ImportRecord): number {
  return Math.ceil(uploadExpiresAtEpochMs / 1000) + UNUSED_KEPT_SECONDS;
}

export function toObjectItem(object: { etag: string; bytes: number }): AttributeValue {
  return { M: { etag: { S: object.etag }, bytes: number(object.bytes) } };
}

export function toLeaseItem(lease: Lease): AttributeValue {
  return {
    M: {
      token: { S: lease.token },
      messageId: { S: lease.messageId },
      seenAt: number(lease.seenAtEpochMs),
      released: { BOOL: lease.released },
      renewedAtSteps: number(lease.renewedAtSteps),
    },
  };
}

export function toCheckpointItem(checkpoint: ImportCheckpoint): AttributeValue {
  const { rows, cells, dialect, report } = checkpoint;
  return {
    M: {
      offset: number(checkpoint.offset),
      line: number(checkpoint.line),
      ...(checkpoint.timeState !== '' && { timeState: { S: checkpoint.timeState } }),
      ...(checkpoint.isUnderOtherHeader && { underOtherHeader: { BOOL: true } }),
      ...(checkpoint.writtenMetrics !== '' && {
        writtenMetrics: { S: checkpoint.writtenMetrics },
      }),
      ...(checkpoint.columnFormats && {
        columnFormats: toColumnFormatsItem(checkpoint.columnFormats),
      }),
      total: number(rows.total),
      accepted: number(rows.accepted),
      rejected: number(rows.rejected),
      // Accepted, rejected and missing.
      cells: { L: [cells.accepted, cells.rejected, cells.missing].map(number) },
      contents: toContentsItem(checkpoint.contents),
      bytesProcessed: number(checkpoint.bytesProcessed),
      ...(dialect && {
        encoding: { S: dialect.encoding },
        delimiter: { S: dialect.delimiter },
        headerText: { S: dialect.headerText },
        headerLine: number(dialect.headerLine),
      }),
      reportBytes: number(report.bytes),
      reportUnlisted: number(report.unlisted),
      // Run and number of parts, one pair after the other.
      reportParts: { L: report.parts.flatMap(({ run, count }) => [number(run), number(count)]) },
      ...(checkpoint.recomputation && {
        recomputation: toRecomputationItem(checkpoint.recomputation),
      }),
    },
  };
}

function checkpointFrom(item: ImportItem): ImportCheckpoint {
  return {
    offset: numberOf(item['offset']),
    line: numberOf(item['line']),
    timeState: item['timeState']?.S ?? '',
    isUnderOtherHeader: item['underOtherHeader']?.BOOL ?? false,
    writtenMetrics: item['writtenMetrics']?.S ?? '',
    columnFormats: item['columnFormats'] && columnFormatsFrom(fields(item['columnFormats'])),
    rows: {
      total: numberOf(item['total']),
      accepted: numberOf(item['accepted']),
      rejected: numberOf(item['rejected']),
    },
    cells: cellsFrom(item['cells']),
    contents: contentsFrom(item['contents']?.M),
    bytesProcessed: numberOf(item['bytesProcessed']),
    dialect: item['encoding'] && dialectFrom(item),
    report: reportFrom(item),
    recomputation: item['recomputation'] && recomputationFrom(fields(item['recomputation'])),
  };
}

/** Checkpoints of earlier versions have none. */
function cellsFrom(attribute: Attribute): CellCounts {
  const [accepted = 0, rejected = 0, missing = 0] = (attribute?.L ?? []).map(numberOf);
  return { accepted, rejected, missing };
}

function dialectFrom(item: ImportItem): FileDialect {
  const encoding = text(item['encoding']);
  const delimiter = text(item['delimiter']);
  if (!isTextEncoding(encoding) || !isDelimiter(delimiter)) throw damaged('dialect');
  const headerLine = item['headerLine'] ? numberOf(item['headerLine']) : 1;
  return { encoding, delimiter, headerText: text(item['headerText']), headerLine };
}

function reportFrom(item: ImportItem): ReportState {
  const pairs = (item['reportParts']?.L ?? []).map(numberOf);
  const parts = [];
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    parts.push({ run: pairs[at] ?? 0, count: pairs[at + 1] ?? 0 });
  }
  return {
    parts,
    bytes: numberOf(item['reportBytes']),
    unlisted: numberOf(item['reportUnlisted']),
  };
}

function leaseFrom(item: ImportItem): Lease {
  return {
    token: text(item['token']),
    messageId: text(item['messageId']),
    seenAtEpochMs: numberOf(item['seenAt']),
    released: item['released']?.BOOL ?? false,
    renewedAtSteps: numberOf(item['renewedAtSteps']),
  };
}

const STATUSES: readonly ImportStatus[] = [
  'awaiting-upload',
  'queued',
  'importing',
  'completed',
  'completed-with-errors',
  'failed',
  'undoing',
  'undone',
];

function statusFrom(value: string): ImportStatus {
  const status = STATUSES.find((known) => known === value);
  if (!status) throw damaged('status');
  return status;
}
