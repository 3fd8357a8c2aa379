import type { FairImporter, ImportQueue, RunRequest } from '@sensorflow/csv-import';
import { retrySeconds } from '@sensorflow/platform/resources/event-sources.js';
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

export interface UploadBatchParts {
  readonly importer: Pick<FairImporter, 'run'>;
  readonly queue: Pick<ImportQueue, 'retryAfter'>;
  /** Throws while the clock of this machine is wrong: an import keeps the instant at which it starts for its stamp. */
  readonly assertClock: () => Promise<void>;
  readonly logger: Logger;
}

/**
 * Makes the function that Lambda calls with messages of the uploads queue. A bad file is a finished
 * import; only what may succeed another time, or needs somebody's eyes, is reported as failed.
 */
export function uploadBatchHandler(
  parts: UploadBatchParts,
): (event: unknown, context: RemainingTime) => Promise<UploadBatchResponse> {
  return async (event, context) => {
    const records = queueRecordsOf(event);
    const kept: string[] = [];
    const remainingMs = (): number => context.getRemainingTimeInMillis();
    for (const record of records) {
      if (!(await importAll(record, parts, remainingMs))) kept.push(record.messageId);
    }
    return { batchItemFailures: kept.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

/** Whether the message is done with. */
async function importAll(
  record: QueueRecord,
  parts: UploadBatchParts,
  remainingMs: () => number,
): Promise<boolean> {
  const { messageId } = record;
  const { logger } = parts;
  try {
    const { requests, ignored } = readUploadMessage(record);
    for (const because of ignored) logger.info({ messageId, because }, 'message ignored');
    let done = true;
    for (const request of requests) {
      done = (await runImport(request, parts, remainingMs)) && done;
    }
    return done;
  } catch (error) {
    logger.error({ err: error, messageId }, 'message failed');
    await retrySoon(record, parts);
    return false;
  }
}

/** Of a contested import the message stays hidden: the run that works for it has its own delivery. */
async function runImport(
  request: RunRequest,
  { importer, logger, assertClock }: UploadBatchParts,
  remainingMs: () => number,
): Promise<boolean> {
  const { uploadId, messageId } = request;
  logger.info({ uploadId, messageId, bytes: request.object?.bytes }, 'import run starts');
  await assertClock();
  const outcome = await importer.run(request, remainingMs);
  logger.info({ uploadId, messageId, outcome }, 'import run ends');
  return outcome !== 'contested';
}

/** Else the message would stay hidden for the queue's visibility timeout, which is for runs that were killed. */
async function retrySoon(record: QueueRecord, { queue, logger }: UploadBatchParts): Promise<void> {
  const { messageId, receiptHandle, deliveries } = record;
  if (receiptHandle === undefined) return;
  try {
    await queue.retryAfter(receiptHandle, retrySeconds(deliveries));
  } catch (error) {
    logger.warn({ err: error, messageId }, 'the message comes back after its visibility timeout');
  }
}
