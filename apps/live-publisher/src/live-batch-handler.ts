import { publishBlocks, type ChangePublisher } from '@sensorflow/live';
import { streamRecordsOf, type StreamRecord } from '@sensorflow/platform/aws/stream-records.js';
import { timeCoveredBy, type StoredBlock } from '@sensorflow/sensor-data';
import { blockOfRecord } from '@sensorflow/sensor-data/dynamodb/block-of-record.js';
import type { Logger } from 'pino';

/** Lambda's answer to ReportBatchItemFailures: where the stream starts again, or nothing. */
export interface LiveBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Tells the topic of the blocks of a batch, in the stream's order, and names the first that it could not tell. */
export function liveBatchHandler(
  publisher: ChangePublisher,
  logger: Logger,
): (event: unknown) => Promise<LiveBatchResponse> {
  return async (event) => {
    const told = streamRecordsOf(event).flatMap((record) => {
      const block = readableBlock(record, logger);
      return block ? [{ block, sequenceNumber: record.sequenceNumber }] : [];
    });
    const blocks = told.map(({ block }) => block);
    const { published, error } = await publishBlocks(blocks, publisher);
    const failed = told[published];
    if (!failed) return { batchItemFailures: [] };
    logger.warn({ err: error, published, blocks: blocks.length }, 'live readings not published');
    return { batchItemFailures: [{ itemIdentifier: failed.sequenceNumber }] };
  };
}

/** What is no block of ours would be none the next time either: it is left out. */
function readableBlock(record: StreamRecord, logger: Logger): StoredBlock | undefined {
  try {
    const block = blockOfRecord(record);
    if (block && !timeCoveredBy(block.key)) throw new TypeError('its key is none of ours');
    return block;
  } catch (error) {
    logger.error({ err: error, sequenceNumber: record.sequenceNumber }, 'record is not a block');
    return undefined;
  }
}
