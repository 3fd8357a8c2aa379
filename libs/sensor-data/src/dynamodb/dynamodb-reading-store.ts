import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  ScanCommand,
  type DynamoDBClient,
  type QueryCommandInput,
  type QueryCommandOutput,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { DomainError, type Instant, type WorkBudget } from '@sensorflow/kernel';
import { DynamoDbCaller } from '@sensorflow/platform/aws/dynamodb-caller.js';
import { orUnavailable } from '@sensorflow/platform/aws/or-unavailable.js';
import { queryWithin } from '@sensorflow/platform/aws/query-within.js';
import {
  ReadingStore,
  type PutOutcome,
  type ReadingPage,
  type ReadingRange,
} from '../reading-store.js';
import type { ReadingIdentity, StoredReading } from '../reading.js';
import { Retention } from '../retention.js';
import { exactlyThis } from './exactly-this.js';
import { batchJson, batchOutcomes, putJson, putOutcome } from './reading-calls.js';
import { readingKeyCondition } from './reading-key-condition.js';
import { fromReadingItem, keyOf, readingItemJson } from './reading-item.js';
import { classifyWriteFailure, type WriteFailureKind } from './write-failure.js';

/** Parsed in some milliseconds: a whole page of the store would hold up the other requests of this process. */
const READINGS_PER_CALL = 251;

/** Told of every failed call, since an outcome carries no cause. */
export type WriteFailureListener = (kind: WriteFailureKind, error: unknown) => void;

/**
 * The readings table in DynamoDB. Reads go through the client; writes have its endpoint and its
 * credentials, but one attempt a call: the reading writer is the one retry layer.
 */
export class DynamoDbReadingStore extends ReadingStore {
  private readonly caller: DynamoDbCaller;

  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
    private readonly onWriteFailure: WriteFailureListener = () => undefined,
    /** Of readings that are put from now on. */
    private readonly retention = Retention.FOREVER,
  ) {
    super();
    this.caller = new DynamoDbCaller(client, tableName);
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
      return [
        putOutcome(await this.caller.call('PutItem', putJson(this.tableName, this.itemOf(only)))),
      ];
    }
    const body = batchJson(
      this.tableName,
      readings.map((reading) => this.itemOf(reading)),
    );
    return batchOutcomes(readings, await this.caller.call('BatchWriteItem', body));
  }

  private itemOf(reading: StoredReading): string {
    return readingItemJson(reading, this.retention.expiresAtEpochSeconds(reading.timestamp));
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

  override async find(identity: ReadingIdentity): Promise<StoredReading | undefined> {
    const command = new GetItemCommand({
      TableName: this.tableName,
      Key: keyOf(identity),
      ConsistentRead: true,
    });
    const { Item: item } = await answered(this.client.send(command));
    return item && fromReadingItem(item);
  }

  override async removeExactly(reading: StoredReading): Promise<'removed' | 'changed'> {
    const command = new DeleteItemCommand({
      TableName: this.tableName,
      Key: keyOf(reading),
      ...exactlyThis(reading),
    });
    try {
      await this.client.send(command);
      return 'removed';
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) return 'changed';
      throw new DomainError(
        'unavailable',
        'outcome-unknown',
        'The store did not confirm the removal in time; it may have happened. Sending it again is safe.',
        { cause, retryAfterSeconds: 1 },
      );
    }
  }

  override async range(query: ReadingRange, budget?: WorkBudget): Promise<ReadingPage> {
    const { equipmentId, from, to, limit, after } = query;
    if (from !== undefined && to !== undefined && from >= to) {
      return { readings: [], next: undefined };
    }
    const found: StoredReading[] = [];
    let position = after === undefined ? undefined : keyOf({ equipmentId, timestamp: after });
    do {
      // One more than asked for tells whether there is a next page.
      const wanted = Math.min(READINGS_PER_CALL, limit + 1 - found.length);
      const answer = await this.query(rangeInput(query, wanted, position), budget);
      found.push(...(answer.Items ?? []).map(fromReadingItem));
      position = answer.LastEvaluatedKey;
    } while (position && found.length <= limit && !budget?.isSpent());
    const readings = found.slice(0, limit);
    const hasMore = found.length > limit || position !== undefined;
    return { readings, next: hasMore ? readings.at(-1)?.timestamp : undefined };
  }

  override async latest(
    equipmentId: string,
    budget?: WorkBudget,
  ): Promise<StoredReading | undefined> {
    const input = {
      ...readingKeyCondition(equipmentId),
      ScanIndexForward: false,
      Limit: 1,
    };
    const answer = await this.query(input, budget);
    const newest = answer.Items?.[0];
    return newest && fromReadingItem(newest);
  }

  override async *scanRange(
    equipmentId: string,
    from: Instant,
    to: Instant,
    mostPerPage?: number,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly StoredReading[]> {
    if (from >= to) return;
    let position: QueryCommandOutput['LastEvaluatedKey'];
    do {
      const page = {
        ...readingKeyCondition(equipmentId, from, to),
        ...(mostPerPage !== undefined && { Limit: mostPerPage }),
        ...(position && { ExclusiveStartKey: position }),
      };
      const answer = await this.query(page, budget);
      if (answer.Items && answer.Items.length > 0) yield answer.Items.map(fromReadingItem);
      position = answer.LastEvaluatedKey;
    } while (position);
  }

  /**
   * A scan that looks at one item of each partition: it goes on behind the last key that the partition
   * could have. One read unit for each equipment, however many readings it has.
   */
  override async *scanEquipment(budget?: WorkBudget): AsyncGenerator<readonly string[]> {
    let position: ScanCommandOutput['LastEvaluatedKey'];
    do {
      const command = new ScanCommand({
        TableName: this.tableName,
        ProjectionExpression: 'equipmentId',
        Limit: 1,
        ConsistentRead: true,
        ...(position && { ExclusiveStartKey: position }),
      });
      const send = async (abortSignal?: AbortSignal) =>
        this.client.send(command, abortSignal && { abortSignal });
      const answer = await answered(budget ? budget.call(send) : send(), budget);
      const found = (answer.Items ?? []).flatMap(({ equipmentId }) => equipmentId?.S ?? []);
      if (found.length > 0) yield found;
      position = answer.LastEvaluatedKey && { ...answer.LastEvaluatedKey, ...BEHIND_ALL };
    } while (position);
  }

  private async query(input: QueryInput, budget?: WorkBudget): Promise<QueryCommandOutput> {
    const page = { ...input, TableName: this.tableName, ConsistentRead: true };
    return answered(queryWithin(budget, this.client, page), budget);
  }
}

type QueryInput = Omit<QueryCommandInput, 'TableName' | 'ConsistentRead'>;

function rangeInput(
  { equipmentId, from, to, order }: ReadingRange,
  limit: number,
  position: QueryCommandOutput['LastEvaluatedKey'],
): QueryInput {
  return {
    ...readingKeyCondition(equipmentId, from, to),
    ScanIndexForward: order === 'asc',
    Limit: limit,
    ...(position && { ExclusiveStartKey: position }),
  };
}

/** Every instant begins with a digit. */
const BEHIND_ALL = { timestamp: { S: '~' } };

const OUTAGE = {
  code: 'store-unavailable',
  detail: 'The readings cannot be read at the moment. Try again.',
  retryAfterSeconds: 1,
};

async function answered<T>(read: Promise<T>, budget?: WorkBudget): Promise<T> {
  return orUnavailable(OUTAGE, () => read, budget);
}
