import type { CsvImporter, RunRequest } from '@sensorflow/csv-import';
import type { Logger } from 'pino';
import { queueRecordsOf, readUploadMessage, type QueueRecord } from './upload-messages.js';

/** The part of Lambda's context that is used here. */
export interface RemainingTime {
  getRemainingTimeInMillis(): number;
}

/** Lambda's answer to ReportBatchItemFailures: the messages to deliver again. */
export interface UploadBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Makes the function that Lambda calls with messages of the uploads queue. A bad file is a finished
 * import; only what may succeed another time, or needs somebody's eyes, is reported as failed.
 */
export function uploadBatchHandler(
  importer: CsvImporter,
  logger: Logger,
): (event: unknown, context: RemainingTime) => Promise<UploadBatchResponse> {
  return async (event, context) => {
    const records = queueRecordsOf(event);
    const failed: string[] = [];
    const remainingMs = (): number => context.getRemainingTimeInMillis();
    for (const record of records) {
      if (!(await importAll(record, importer, logger, remainingMs))) failed.push(record.messageId);
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

/** Whether the message is done with. */
async function importAll(
  record: QueueRecord,
  importer: CsvImporter,
  logger: Logger,
  remainingMs: () => number,
): Promise<boolean> {
  const { messageId } = record;
  try {
    const { requests, ignored } = readUploadMessage(record);
    for (const reason of ignored) logger.info({ messageId, reason }, 'message ignored');
    for (const { uploadId } of requests) await importer.markQueued(uploadId);
    let done = true;
    for (const request of requests) {
      done = (await runImport(request, importer, logger, remainingMs)) && done;
    }
    return done;
  } catch (error) {
    logger.error({ err: error, messageId }, 'message failed');
    return false;
  }
}

async function runImport(
  request: RunRequest,
  importer: CsvImporter,
  logger: Logger,
  remainingMs: () => number,
): Promise<boolean> {
  const { uploadId, messageId } = request;
  logger.info({ uploadId, messageId, bytes: request.object?.bytes }, 'import run starts');
  const outcome = await importer.run(request, remainingMs);
  logger.info({ uploadId, messageId, outcome }, 'import run ends');
  return outcome !== 'contested';
}
