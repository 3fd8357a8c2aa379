import {
  BatchWriteItemCommand,
  PutItemCommand,
  QueryCommand,
  type DynamoDBClient,
  type QueryCommandOutput,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { DomainError, type Instant } from '@sensorflow/kernel';
import {
  ReadingStore,
  type PutOutcome,
  type ReadingPage,
  type ReadingRange,
} from '../reading-store.js';
import { readingKey, type StoredReading } from '../reading.js';
import { readingKeyCondition } from './reading-key-condition.js';
import { fromReadingItem, toReadingItem } from './reading-item.js';
import { classifyWriteFailure, type WriteFailureKind } from './write-failure.js';

/** Told of every failed call, since an outcome carries no cause. */
export type WriteFailureListener = (kind: WriteFailureKind, error: unknown) => void;

/**
 * The readings table in DynamoDB. Writes need a client that makes one attempt a call and throws on
 * its request timeout: the reading writer is the one retry layer.
 */
export class DynamoDbReadingStore extends ReadingStore {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
    private readonly onWriteFailure: WriteFailureListener = () => undefined,
  ) {
    super();
  }

  override async putAll(readings: readonly StoredReading[]): Promise<readonly PutOutcome[]> {
    try {
      return await this.call(readings);
    } catch (error) {
      const kind = classifyWriteFailure(error);
      this.onWriteFailure(kind, error);
      if (kind === 'poisoned') return this.splitToFindThePoison(readings);
      const outcome = kind === 'unknown' ? 'unknown' : 'not-stored';
      return readings.map(() => outcome);
    }
  }

  private async call(readings: readonly StoredReading[]): Promise<readonly PutOutcome[]> {
    const [only] = readings;
    if (only && readings.length === 1) {
      await this.client.send(
        new PutItemCommand({ TableName: this.tableName, Item: toReadingItem(only) }),
      );
      return ['stored'];
    }
    const { UnprocessedItems } = await this.client.send(
      new BatchWriteItemCommand({
        RequestItems: {
          [this.tableName]: readings.map((reading) => ({
            PutRequest: { Item: toReadingItem(reading) },
          })),
        },
      }),
    );
    // DynamoDB always says what is left, if only {}: an answer without that confirms nothing.
    if (!UnprocessedItems) return readings.map(() => 'unknown');
    return outcomesBeside(readings, Object.values(UnprocessedItems).flat());
  }

  /** One bad item refuses the whole call, so the halves are tried apart until it stands alone. */
  private async splitToFindThePoison(
    readings: readonly StoredReading[],
  ): Promise<readonly PutOutcome[]> {
    if (readings.length === 1) return ['refused'];
    const middle = Math.ceil(readings.length / 2);
    const first = await this.putAll(readings.slice(0, middle));
    return [...first, ...(await this.putAll(readings.slice(middle)))];
  }

  override async range(query: ReadingRange): Promise<ReadingPage> {
    const { equipmentId, from, to, order, limit, after } = query;
    if (from !== undefined && to !== undefined && from >= to) {
      return { readings: [], next: undefined };
    }
    const answer = await this.query({
      ...readingKeyCondition(equipmentId, from, to),
      ScanIndexForward: order === 'asc',
      // One more than asked for tells whether there is a next page.
      Limit: limit + 1,
      ...(after !== undefined && {
        ExclusiveStartKey: { equipmentId: { S: equipmentId }, timestamp: { S: after } },
      }),
    });
    const found = (answer.Items ?? []).map(fromReadingItem);
    const readings = found.slice(0, limit);
    // A page of the store ends at 1 MB: it may hold fewer readings than asked for, and more may follow.
    const hasMore = found.length > limit || answer.LastEvaluatedKey !== undefined;
    return { readings, next: hasMore ? readings.at(-1)?.timestamp : undefined };
  }

  override async latest(equipmentId: string): Promise<StoredReading | undefined> {
    const answer = await this.query({
      ...readingKeyCondition(equipmentId),
      ScanIndexForward: false,
      Limit: 1,
    });
    const newest = answer.Items?.[0];
    return newest && fromReadingItem(newest);
  }

  override async *scanRange(
    equipmentId: string,
    from: Instant,
    to: Instant,
  ): AsyncGenerator<readonly StoredReading[]> {
    if (from >= to) return;
    let position: QueryCommandOutput['LastEvaluatedKey'];
    do {
      const answer = await this.query({
        ...readingKeyCondition(equipmentId, from, to),
        ...(position && { ExclusiveStartKey: position }),
      });
      if (answer.Items && answer.Items.length > 0) yield answer.Items.map(fromReadingItem);
      position = answer.LastEvaluatedKey;
    } while (position);
  }

  private async query(
    input: Omit<QueryCommand['input'], 'TableName' | 'ConsistentRead'>,
  ): Promise<QueryCommandOutput> {
    try {
      return await this.client.send(
        new QueryCommand({ ...input, TableName: this.tableName, ConsistentRead: true }),
      );
    } catch (cause) {
      throw new DomainError(
        'unavailable',
        'store-unavailable',
        'The readings cannot be read at the moment. Try again.',
        { cause, retryAfterSeconds: 1 },
      );
    }
  }
}

/** Each reading is stored unless DynamoDB named it as left over; nothing is if a leftover is not ours. */
function outcomesBeside(
  readings: readonly StoredReading[],
  leftovers: readonly WriteRequest[],
): readonly PutOutcome[] {
  const left = new Set(
    leftovers.map(
      ({ PutRequest }) =>
        `${PutRequest?.Item?.['equipmentId']?.S} ${PutRequest?.Item?.['timestamp']?.S}`,
    ),
  );
  const outcomes = readings.map((reading): PutOutcome =>
    left.delete(readingKey(reading)) ? 'not-stored' : 'stored',
  );
  return left.size === 0 ? outcomes : readings.map(() => 'unknown');
}
