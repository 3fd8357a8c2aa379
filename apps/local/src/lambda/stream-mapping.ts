import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { StreamSourceDefinition } from '@sensorflow/platform/resources/event-sources.js';
import { CheckpointFile, type StreamCheckpoint } from './checkpoint-file.js';
import { FailureDestination } from './failure-destination.js';
import type { FunctionInvoker } from './invocation.js';
import { PollingLoop } from './polling-loop.js';
import { type DeliveryRules, type RetryPause, ShardDelivery } from './shard-delivery.js';
import { ShardReader } from './shard-reader.js';
import { type ShardInfo, StreamSource } from './stream-source.js';

export interface StreamMappingOptions {
  /** Names the checkpoint and the failures: lower case letters, digits and dashes. */
  readonly name: string;
  readonly tableName: string;
  readonly dataDir: string;
  readonly streams: DynamoDBStreamsClient;
  /** `parallelizationFactor` is taken as 1: order is then stricter than on AWS, never weaker. */
  readonly source: StreamSourceDefinition;
  /** Stays the caller's: `stop` does not close it. */
  readonly invoker: FunctionInvoker;
  readonly log?: (line: string) => void;
  readonly retryPause?: RetryPause;
}

export interface StreamMappingStatus {
  /** Shard → sequence number of the last record that is done. */
  readonly checkpoint: Readonly<Record<string, string>>;
  /** Age of the oldest record not yet done, in milliseconds; 0 when caught up, absent when not known. */
  readonly behindMs?: number;
  /** Discarded batches that lie in the failure destination. */
  readonly failures: number;
}

interface OpenStream {
  readonly streamArn: string;
  shards: readonly ShardInfo[];
  mustListShards: boolean;
  readonly deliveries: Map<string, ShardDelivery>;
}

/** 50 attempts with these are about 8 minutes: long enough for a restarted store, short enough for a person. */
const RETRY_PAUSE: RetryPause = { firstMs: 250, longestMs: 10_000 };
const TROUBLE_PAUSE: RetryPause = { firstMs: 100, longestMs: 5_000 };
const BUSY_POLL_MS = 100;
const LONGEST_IDLE_POLL_MS = 250;
const SHARD_LIST_PAUSE_MS = 1_000;
const STOP_GRACE_MS = 5_000;

/**
 * Feeds a table's stream to a function, as Lambda's event source mapping does: in order, at least once, from its
 * checkpoint on. A record that cannot be delivered ends in `<dataDir>/failures/` and holds up nothing for ever.
 */
export class StreamMapping {
  private readonly loop = new PollingLoop(async () => this.turn());
  private readonly source: StreamSource;
  private readonly checkpointFile: CheckpointFile;
  private readonly failures: FailureDestination;
  private readonly log: (line: string) => void;
  private checkpoint: StreamCheckpoint | undefined;
  private stream: OpenStream | undefined;
  private troubles = 0;
  private lastProgressMs = Date.now();

  constructor(private readonly options: StreamMappingOptions) {
    if (!/^[a-z0-9][a-z0-9-]*$/u.test(options.name)) {
      throw new Error(`A mapping's name names files: ${options.name} cannot.`);
    }
    this.source = new StreamSource(options.streams);
    this.checkpointFile = new CheckpointFile(options.dataDir, options.name);
    this.failures = new FailureDestination(options.dataDir, options.name);
    this.log = (line) => options.log?.(`${options.name}: ${line}`);
  }

  start(): void {
    this.loop.start();
  }

  /** Lets the running invocation end, for at most 5 s. */
  async stop(): Promise<void> {
    await this.loop.stop(STOP_GRACE_MS);
  }

  status(): StreamMappingStatus {
    const shards = Object.entries(this.checkpoint?.shards ?? {});
    const reached = shards.flatMap(([shardId, { sequenceNumber }]) =>
      sequenceNumber === undefined ? [] : [[shardId, sequenceNumber] as const],
    );
    const behindMs = this.behindMs();
    return {
      checkpoint: Object.fromEntries(reached),
      ...(behindMs !== undefined && { behindMs }),
      failures: this.failures.count(),
    };
  }

  private behindMs(): number | undefined {
    const now = Date.now();
    const ages = [...(this.stream?.deliveries.values() ?? [])].map((shard) => shard.behindMs(now));
    const known = ages.filter((age) => age !== undefined);
    return known.length === 0 || known.length < ages.length ? undefined : Math.max(...known);
  }

  /**
   * Any trouble with the stream or our own files, such as a restarting store, an expired iterator or a full disk:
   * forget the place in memory, and begin again at the checkpoint.
   */
  private async turn(): Promise<number> {
    try {
      this.stream ??= await this.openStream();
      const pauseMs = await this.advanceAll(this.stream);
      if (this.troubles > 0) this.log('reads the stream again');
      this.troubles = 0;
      return pauseMs;
    } catch (error) {
      this.stream = undefined;
      if (this.troubles === 0) this.log(`cannot go on, tries again: ${String(error)}`);
      const pauseMs = TROUBLE_PAUSE.firstMs * 2 ** Math.min(this.troubles, 10);
      this.troubles += 1;
      return Math.min(TROUBLE_PAUSE.longestMs, pauseMs);
    }
  }

  private async openStream(): Promise<OpenStream> {
    const streamArn = await this.source.findStreamArn(this.options.tableName);
    const saved = await this.checkpointFile.load();
    if (saved !== undefined && saved.streamArn !== streamArn) {
      this.log('the table has a new stream, which is read from its beginning');
    }
    this.checkpoint = saved?.streamArn === streamArn ? saved : { streamArn, shards: {} };
    return { streamArn, shards: [], mustListShards: true, deliveries: new Map() };
  }

  private async advanceAll(stream: OpenStream): Promise<number> {
    if (stream.mustListShards) {
      stream.shards = await this.source.listShards(stream.streamArn);
      stream.mustListShards = false;
    }
    const readable = stream.shards.filter((shard) => this.isReadable(shard, stream));
    if (readable.length === 0) {
      stream.mustListShards = true;
      return SHARD_LIST_PAUSE_MS;
    }
    const waits: (number | undefined)[] = [];
    for (const { shardId } of readable) {
      if (this.loop.isStopping) return 0;
      waits.push(await this.advanceShard(stream, shardId));
    }
    return this.pauseFor(waits);
  }

  /** Parents before children: a shard's records continue those of the shard that it was split from. */
  private isReadable({ shardId, parentShardId }: ShardInfo, stream: OpenStream): boolean {
    if (this.isComplete(shardId)) return false;
    const hasParent = stream.shards.some((shard) => shard.shardId === parentShardId);
    return parentShardId === undefined || !hasParent || this.isComplete(parentShardId);
  }

  private isComplete(shardId: string): boolean {
    return this.checkpoint?.shards[shardId]?.isComplete === true;
  }

  private async advanceShard(stream: OpenStream, shardId: string): Promise<number | undefined> {
    const delivery = stream.deliveries.get(shardId) ?? (await this.openShard(stream, shardId));
    const waitMs = await delivery.advance();
    if (!delivery.isFinished) return waitMs;
    const sequenceNumber = this.checkpoint?.shards[shardId]?.sequenceNumber;
    await this.save(stream, shardId, sequenceNumber, true);
    stream.deliveries.delete(shardId);
    stream.mustListShards = true;
    return 0;
  }

  private async openShard(stream: OpenStream, shardId: string): Promise<ShardDelivery> {
    const place = { streamArn: stream.streamArn, shardId };
    const reader = new ShardReader(this.source, place, this.options.source);
    const saved = this.checkpoint?.shards[shardId];
    const opened = await reader.open(saved);
    if (saved?.sequenceNumber !== undefined && opened === 'from-horizon') {
      this.log(`record ${saved.sequenceNumber} has vanished, reads all that there is`);
    }
    const delivery = new ShardDelivery(place, reader, this.rules(), async (sequenceNumber) =>
      this.save(stream, shardId, sequenceNumber, false),
    );
    stream.deliveries.set(shardId, delivery);
    return delivery;
  }

  private rules(): DeliveryRules {
    const { source, invoker, retryPause = RETRY_PAUSE } = this.options;
    const isStopping = (): boolean => this.loop.isStopping;
    return { source, invoker, retryPause, failures: this.failures, log: this.log, isStopping };
  }

  private async save(
    stream: OpenStream,
    shardId: string,
    sequenceNumber: string | undefined,
    isComplete: boolean,
  ): Promise<void> {
    const listed = new Set(stream.shards.map((shard) => shard.shardId));
    const kept = Object.entries(this.checkpoint?.shards ?? {}).filter(([id]) => listed.has(id));
    const reached = { ...(sequenceNumber !== undefined && { sequenceNumber }), isComplete };
    const shards = { ...Object.fromEntries(kept), [shardId]: reached };
    const checkpoint = { streamArn: stream.streamArn, shards };
    await this.checkpointFile.save(checkpoint);
    this.checkpoint = checkpoint;
    this.lastProgressMs = Date.now();
  }

  /** Quick while there is work, slower the longer there has been none: an empty poll costs the store about 1 ms. */
  private pauseFor(waits: readonly (number | undefined)[]): number {
    const due = Math.min(...waits.map((wait) => wait ?? Infinity));
    const idleMs = Date.now() - this.lastProgressMs;
    const pollMs = Math.min(LONGEST_IDLE_POLL_MS, Math.max(BUSY_POLL_MS, idleMs / 100));
    return Math.min(due, pollMs);
  }
}
