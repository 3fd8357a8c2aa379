import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiscardedBatch } from './stream-delivery.js';
import type { StreamRecord } from './stream-record.js';
import { writeFileDurably } from './write-file-durably.js';

export interface FailureOrigin {
  readonly functionName: string;
  readonly streamArn: string;
  readonly shardId: string;
  /** What the last delivery failed with; Lambda leaves this to the function's log. */
  readonly error: string;
}

/**
 * Keeps what a stream mapping gave up, one file for each batch in `<dataDir>/failures/`, with the whole event:
 * Lambda's invocation record as its on-failure destination in S3 receives it, so that one tool can replay both.
 */
export class FailureDestination {
  private readonly folder: string;
  private readonly name: string;

  constructor(dataDir: string, name: string) {
    this.folder = join(dataDir, 'failures');
    this.name = name;
  }

  /** The record is durable when this returns. */
  async keep(batch: DiscardedBatch, origin: FailureOrigin): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const timestamp = new Date().toISOString();
    const file = `${this.name}-${timestamp.replaceAll(':', '.')}-${randomUUID()}.json`;
    const text = JSON.stringify(invocationRecord(batch, origin, timestamp), undefined, 2);
    await writeFileDurably(join(this.folder, file), text);
  }

  /** How many batches lie there; whoever has replayed one removes its file. */
  count(): number {
    try {
      return readdirSync(this.folder).filter((file) => this.isOurs(file)).length;
    } catch {
      return 0;
    }
  }

  private isOurs(file: string): boolean {
    return file.startsWith(`${this.name}-2`) && file.endsWith('.json');
  }
}

function invocationRecord(
  batch: DiscardedBatch,
  origin: FailureOrigin,
  timestamp: string,
): Record<string, unknown> {
  const { records } = batch;
  return {
    requestContext: {
      requestId: randomUUID(),
      functionArn: `arn:aws:lambda:local:000000000000:function:${origin.functionName}`,
      condition: batch.condition,
      approximateInvokeCount: batch.invokeCount,
    },
    responseContext: {
      statusCode: 200,
      executedVersion: '$LATEST',
      functionError: 'Unhandled',
    },
    lastError: origin.error,
    version: '1.0',
    timestamp,
    DDBStreamBatchInfo: {
      shardId: origin.shardId,
      startSequenceNumber: records[0]?.dynamodb.SequenceNumber,
      endSequenceNumber: records.at(-1)?.dynamodb.SequenceNumber,
      approximateArrivalOfFirstRecord: arrivalOf(records[0]),
      approximateArrivalOfLastRecord: arrivalOf(records.at(-1)),
      batchSize: records.length,
      streamArn: origin.streamArn,
    },
    // A text inside the document, as Lambda writes it.
    payload: JSON.stringify({ Records: records }),
  };
}

function arrivalOf(record: StreamRecord | undefined): string | undefined {
  const seconds = record?.dynamodb.ApproximateCreationDateTime;
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();
}
