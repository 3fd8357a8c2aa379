import {
  ScanCommand,
  type AttributeValue,
  type DynamoDBClient,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import type { WorkBudget } from '@sensorflow/kernel';
import { DynamoDbCaller } from '@sensorflow/platform/aws/dynamodb-caller.js';
import { orUnavailable } from '@sensorflow/platform/aws/or-unavailable.js';
import { queryWithin } from '@sensorflow/platform/aws/query-within.js';
import {
  BlockStore,
  type BlockPage,
  type BlockQuery,
  type PutOutcome,
} from '../log/block-store.js';
import type { StoredBlock } from '../log/block.js';
import { putBlockJson, putBlocksJson, putOutcome, putOutcomes } from './block-calls.js';
import { blockItemKey, fromBlockItem } from './block-item.js';
import { classifyWriteFailure, ClockSkewed, type WriteFailureKind } from './write-failure.js';

/** Told of every failed call, since an outcome carries no cause. */
export type WriteFailureListener = (kind: WriteFailureKind, error: unknown) => void;

/**
 * The table of blocks in DynamoDB. Reads go through the client; writes have its endpoint and its
 * credentials, but one attempt a call: the writer of readings is the one retry layer.
 */
export class DynamoDbBlockStore extends BlockStore {
  private readonly caller: DynamoDbCaller;

  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
    private readonly onWriteFailure: WriteFailureListener = () => undefined,
  ) {
    super();
    this.caller = new DynamoDbCaller(client, tableName);
  }

  override async putAll(blocks: readonly StoredBlock[]): Promise<readonly PutOutcome[]> {
    try {
      await this.assertClock();
      return await this.put(blocks);
    } catch (error) {
      const kind = classifyWriteFailure(error);
      this.onWriteFailure(kind, error);
      if (kind === 'poisoned') return this.bisectRejectedBatch(blocks);
      const outcome = kind === 'unknown' ? 'unknown' : 'not-stored';
      return blocks.map(() => outcome);
    }
  }

  /** Stamps order what processes write, so a process whose clock is wrong writes nothing. */
  private async assertClock(): Promise<void> {
    if (!this.isClockWrong()) return;
    const measuredEpochMs = this.caller.clockSkew?.measuredEpochMs ?? 0;
    if (Date.now() - measuredEpochMs >= CLOCK_CHECK_MS) await this.askForTheTime();
    if (this.isClockWrong()) throw new ClockSkewed(this.caller.clockSkew?.atLeastMs ?? 0);
  }

  /** Every answer has the time, also that of a process which may not read. */
  private async askForTheTime(): Promise<void> {
    const Key = blockItemKey({ equipmentId: ' clock', key: ' clock' });
    try {
      await this.caller.call('GetItem', JSON.stringify({ TableName: this.tableName, Key }));
    } catch {
      // A refusal tells the time as well; without an answer, the clock stays wrong.
    }
  }

  private isClockWrong(): boolean {
    return (this.caller.clockSkew?.atLeastMs ?? 0) > MAX_SKEW_MS;
  }

  private async put(blocks: readonly StoredBlock[]): Promise<readonly PutOutcome[]> {
    const [only] = blocks;
    if (only && blocks.length === 1) {
      return [putOutcome(await this.caller.call('PutItem', putBlockJson(this.tableName, only)))];
    }
    const body = putBlocksJson(this.tableName, blocks);
    return putOutcomes(blocks, await this.caller.call('BatchWriteItem', body));
  }

  /** One bad item refuses the whole call, so the halves are tried apart until it stands alone. */
  private async bisectRejectedBatch(
    blocks: readonly StoredBlock[],
  ): Promise<readonly PutOutcome[]> {
    if (blocks.length === 1) return ['refused'];
    const middle = Math.ceil(blocks.length / 2);
    const first = await this.putAll(blocks.slice(0, middle));
    return [...first, ...(await this.putAll(blocks.slice(middle)))];
  }

  override async query(query: BlockQuery, budget?: WorkBudget): Promise<BlockPage> {
    const { equipmentId, order, limit, after } = query;
    const input = {
      TableName: this.tableName,
      ConsistentRead: true,
      ...keyCondition(query),
      ScanIndexForward: order === 'asc',
      Limit: limit,
      ...(after !== undefined && { ExclusiveStartKey: blockItemKey({ equipmentId, key: after }) }),
    };
    const answer = await orUnavailable(
      OUTAGE,
      () => queryWithin(budget, this.client, input),
      budget,
    );
    return {
      blocks: (answer.Items ?? []).map(fromBlockItem),
      next: answer.LastEvaluatedKey?.['block']?.S,
    };
  }

  /**
   * A scan that looks at one item of each partition: it goes on behind the last key that the partition
   * could have. One read unit for each equipment, however many blocks it has.
   */
  override async *scanEquipment(budget?: WorkBudget): AsyncGenerator<readonly string[]> {
    let position: ScanCommandOutput['LastEvaluatedKey'];
    do {
      const scan = this.scanFrom(position);
      const send = (abortSignal?: AbortSignal) =>
        this.client.send(scan, { ...(abortSignal && { abortSignal }) });
      const answer = await orUnavailable(
        OUTAGE,
        () => (budget ? budget.call(send) : send()),
        budget,
      );
      const found = (answer.Items ?? []).flatMap(({ equipmentId }) => equipmentId?.S ?? []);
      if (found.length > 0) yield found;
      position = answer.LastEvaluatedKey && { ...answer.LastEvaluatedKey, ...BEHIND_ALL };
    } while (position);
  }

  private scanFrom(position: Record<string, AttributeValue> | undefined): ScanCommand {
    return new ScanCommand({
      TableName: this.tableName,
      ProjectionExpression: 'equipmentId',
      Limit: 1,
      ConsistentRead: true,
      ...(position && { ExclusiveStartKey: position }),
    });
  }
}

const MAX_SKEW_MS = 1000;
/** While it is wrong, it is looked at so often at most. */
const CLOCK_CHECK_MS = 1000;

/** Every key begins with a digit. */
const BEHIND_ALL = { block: { S: '~' } };

/**
 * BETWEEN includes both ends. The end of a range is a prefix that is no key itself: blocks have more
 * behind it.
 */
function keyCondition({ equipmentId, keys }: BlockQuery) {
  return {
    KeyConditionExpression: '#equipmentId = :equipmentId AND #block BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#equipmentId': 'equipmentId', '#block': 'block' },
    ExpressionAttributeValues: {
      ':equipmentId': { S: equipmentId },
      ':from': { S: keys.from },
      ':to': { S: keys.to },
    },
  };
}

const OUTAGE = {
  code: 'store-unavailable',
  detail: 'The readings cannot be read at the moment. Try again.',
  retryAfterSeconds: 1,
};
