import {
  type DynamoDBStreamsClient,
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
  type Shard,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';
import { type StreamRecord, toStreamRecord } from './stream-record.js';

export interface StreamPage {
  readonly records: readonly StreamRecord[];
  /** Absent when the shard is closed and read to its end. */
  readonly nextIterator?: string;
}

export interface ShardInfo {
  readonly shardId: string;
  readonly parentShardId?: string;
}

/** The most that GetRecords gives. */
export const MAX_PAGE = 1_000;

/** A table's stream, read through the AWS SDK. */
export class StreamSource {
  private readonly client: DynamoDBStreamsClient;

  constructor(client: DynamoDBStreamsClient) {
    this.client = client;
  }

  /** The newest stream of the table: AWS lists older, disabled ones for a day. */
  async findStreamArn(tableName: string): Promise<string> {
    const { Streams: streams = [] } = await this.client.send(
      new ListStreamsCommand({ TableName: tableName }),
    );
    const newest = streams
      .toSorted((a, b) => ((a.StreamLabel ?? '') < (b.StreamLabel ?? '') ? -1 : 1))
      .at(-1);
    if (newest?.StreamArn === undefined) throw new Error(`Table ${tableName} has no stream.`);
    return newest.StreamArn;
  }

  async listShards(streamArn: string): Promise<ShardInfo[]> {
    const shards: Shard[] = [];
    let from: string | undefined;
    do {
      const { StreamDescription: page } = await this.client.send(
        new DescribeStreamCommand({ StreamArn: streamArn, ExclusiveStartShardId: from }),
      );
      shards.push(...(page?.Shards ?? []));
      from = page?.LastEvaluatedShardId;
    } while (from !== undefined);
    return shards.flatMap(({ ShardId: shardId, ParentShardId: parentShardId }) =>
      shardId === undefined
        ? []
        : [{ shardId, ...(parentShardId !== undefined && { parentShardId }) }],
    );
  }

  /** The page at the shard's oldest record; it may be empty. */
  async firstPage(streamArn: string, shardId: string, limit: number): Promise<StreamPage> {
    const { ShardIterator: iterator } = await this.client.send(
      new GetShardIteratorCommand({
        StreamArn: streamArn,
        ShardId: shardId,
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    return this.nextPage(streamArn, iterator, limit);
  }

  /**
   * The (empty) page behind a record, or undefined when that record is no longer in the shard: then numbers may have
   * been given anew, and reading on behind ours would miss records in silence.
   */
  async pageAfter(
    streamArn: string,
    shardId: string,
    sequenceNumber: string,
  ): Promise<StreamPage | undefined> {
    try {
      const { ShardIterator: iterator } = await this.client.send(
        new GetShardIteratorCommand({
          StreamArn: streamArn,
          ShardId: shardId,
          ShardIteratorType: 'AT_SEQUENCE_NUMBER',
          SequenceNumber: sequenceNumber,
        }),
      );
      const page = await this.nextPage(streamArn, iterator, 1);
      const isThere = page.records[0]?.dynamodb.SequenceNumber === sequenceNumber;
      return isThere ? { ...page, records: [] } : undefined;
    } catch (error) {
      if (error instanceof TrimmedDataAccessException) return undefined;
      throw error;
    }
  }

  async nextPage(
    streamArn: string,
    iterator: string | undefined,
    limit: number,
  ): Promise<StreamPage> {
    const { Records: records = [], NextShardIterator: nextIterator } = await this.client.send(
      new GetRecordsCommand({ ShardIterator: iterator, Limit: Math.min(limit, MAX_PAGE) }),
    );
    return {
      records: records.map((record) => toStreamRecord(record, streamArn)),
      ...(nextIterator !== undefined && { nextIterator }),
    };
  }
}
