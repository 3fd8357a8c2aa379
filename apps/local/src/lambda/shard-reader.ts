import type { StreamSourceDefinition } from '@sensorflow/platform/resources/event-sources.js';
import type { ShardCheckpoint } from './checkpoint-file.js';
import type { StreamRecord } from './stream-record.js';
import { MAX_PAGE, type StreamPage, type StreamSource } from './stream-source.js';

export interface ShardPlace {
  readonly streamArn: string;
  readonly shardId: string;
}

/** Lambda invokes a function with at most 6 MB, however large the batch size. */
const MAX_BATCH_BYTES = 6 * 1000 * 1000;

/** Gathers one shard's records into batches, by size, number and batching window. */
export class ShardReader {
  private buffer: readonly SizedRecord[] = [];
  private bufferedSinceMs = 0;
  private nextIterator: string | undefined;
  private hasReadAll = false;

  constructor(
    private readonly source: StreamSource,
    private readonly place: ShardPlace,
    private readonly limits: Pick<
      StreamSourceDefinition,
      'batchSize' | 'maximumBatchingWindowSeconds'
    >,
  ) {}

  /** Takes its place behind the checkpoint, or at the oldest record. Returns which of the two. */
  async open(checkpoint: ShardCheckpoint | undefined): Promise<'resumed' | 'from-horizon'> {
    const { streamArn, shardId } = this.place;
    const reached = checkpoint?.sequenceNumber;
    const resumed =
      reached === undefined ? undefined : await this.source.pageAfter(streamArn, shardId, reached);
    if (resumed !== undefined) {
      this.nextIterator = resumed.nextIterator;
      return 'resumed';
    }
    const room = Math.min(this.limits.batchSize, MAX_PAGE);
    this.accept(await this.source.firstPage(streamArn, shardId, room), Date.now());
    return 'from-horizon';
  }

  /** Reads one more page, when a batch has room for it. Returns whether the page was full: there is more. */
  async read(): Promise<boolean> {
    const room = Math.min(this.limits.batchSize - this.buffer.length, MAX_PAGE);
    if (room <= 0 || this.nextIterator === undefined) return false;
    const page = await this.source.nextPage(this.place.streamArn, this.nextIterator, room);
    this.accept(page, Date.now());
    return page.records.length >= room;
  }

  /** A batch that is due: full, at the end of its window, or the last one of the shard. */
  takeBatch(nowEpochMs: number): readonly StreamRecord[] | undefined {
    if (this.buffer.length === 0) return undefined;
    const isFull = this.buffer.length >= this.limits.batchSize;
    const isDue = this.msUntilDue(nowEpochMs) <= 0 || this.nextIterator === undefined;
    const fitting = fittingCount(this.buffer);
    if (!isFull && !isDue && fitting === this.buffer.length) return undefined;
    const batch = this.buffer.slice(0, fitting).map(({ record }) => record);
    this.buffer = this.buffer.slice(fitting);
    this.bufferedSinceMs = nowEpochMs;
    return batch;
  }

  /** Milliseconds that the gathered records may still wait for more. */
  msUntilDue(nowEpochMs: number): number {
    if (this.buffer.length === 0) return Infinity;
    return this.bufferedSinceMs + this.limits.maximumBatchingWindowSeconds * 1000 - nowEpochMs;
  }

  get oldest(): StreamRecord | undefined {
    return this.buffer[0]?.record;
  }

  /** The last page was empty. */
  get isCaughtUp(): boolean {
    return this.hasReadAll;
  }

  /** The shard is closed and all of it has been taken. */
  get isFinished(): boolean {
    return this.nextIterator === undefined && this.buffer.length === 0;
  }

  private accept(page: StreamPage, nowEpochMs: number): void {
    if (this.buffer.length === 0) this.bufferedSinceMs = nowEpochMs;
    this.buffer = [...this.buffer, ...page.records.map(sized)];
    this.nextIterator = page.nextIterator;
    this.hasReadAll = page.records.length === 0;
  }
}

interface SizedRecord {
  readonly record: StreamRecord;
  readonly bytes: number;
}

function sized(record: StreamRecord): SizedRecord {
  return { record, bytes: Buffer.byteLength(JSON.stringify(record)) + 1 };
}

/** How many records, at least one, fit into one invocation. */
function fittingCount(records: readonly SizedRecord[]): number {
  let total = 0;
  for (const [index, { bytes }] of records.entries()) {
    total += bytes;
    if (total > MAX_BATCH_BYTES) return Math.max(1, index);
  }
  return records.length;
}
