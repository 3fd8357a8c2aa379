import { instantFromEpochMs, type Clock, type Fault } from '@sensorflow/kernel';
import { readColumns } from '../grammar/file-columns.js';
import { reportOf } from './error-report.js';
import { LeaseLost } from './import-progress.js';
import {
  hasFaults,
  type FinalStatus,
  type ImportCheckpoint,
  type ImportRecord,
} from './import-record.js';
import type { ImportStore } from './import-store.js';
import type { UploadStorage } from './upload-storage.js';

interface FinishPorts {
  readonly imports: ImportStore;
  readonly storage: UploadStorage;
  readonly clock: Clock;
}

/**
 * The last step of an import: its report is put together, and its status says how it ended. Throws LeaseLost,
 * and DomainError `unavailable`; safe to repeat.
 */
export async function finishImport(
  record: ImportRecord,
  token: string,
  checkpoint: ImportCheckpoint,
  { imports, storage, clock }: FinishPorts,
): Promise<void> {
  const { uploadId } = record;
  const { report, recomputation } = checkpoint;
  if (hasFaults(checkpoint)) await assembleReport(record, checkpoint, storage);
  const failure = recomputation?.failure;
  const finished = await imports.finish(uploadId, token, {
    status: finalStatus(failure, checkpoint),
    failure,
    finishedAt: instantFromEpochMs(clock.nowEpochMs()),
    checkpoint,
  });
  if (!finished) throw new LeaseLost('another run took the import over');
  if (report.parts.length === 0) return;
  // The import is finished either way; parts that stay behind cost a little storage.
  await storage.deleteReportParts(uploadId, report.parts).catch(() => undefined);
}

async function assembleReport(
  { uploadId, options }: ImportRecord,
  { dialect, report }: ImportCheckpoint,
  storage: UploadStorage,
): Promise<void> {
  if (!dialect) throw new Error('rows without a header');
  const { headerText, delimiter } = dialect;
  const text = reportOf(dialect, readColumns(headerText, delimiter, options).names);
  await storage.assembleReport(uploadId, text.head(), report, text.tail(report.unlisted));
}

function finalStatus(failure: Fault | undefined, checkpoint: ImportCheckpoint): FinalStatus {
  if (failure) return 'failed';
  return hasFaults(checkpoint) ? 'completed-with-errors' : 'completed';
}
