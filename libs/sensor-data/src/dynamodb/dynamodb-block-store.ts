import {
  ScanCommand,
  type AttributeValue,
  type DynamoDBClient,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import type { WorkBudget } from '@sensorflow/kernel';
import { DynamoDbCaller, type ClockSkew } from '@sensorflow/platform/aws/dynamodb-caller.js';
import { orUnavailable } from '@sensorflow/platform/aws/or-unavailable.js';
import { queryWithin } from '@sensorflow/platform/aws/query-within.js';
import {
  BlockStore,
  type BlockPage,
  type BlockQuery,
  type PutOutcome,
} from '../log/block-store.js';
import { parseBlockKey } from '../log/block-key.js';
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
  /** Before the first write, nothing is known of the clock. */
  private firstLook: Promise<void> | undefined;
  /** Sealed by a clock that was wrong: they never leave, not even once it is right. */
  private readonly stampedWrong = new WeakSet<StoredBlock>();

  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
    private readonly onWriteFailure: WriteFailureListener = () => undefined,
  ) {
    super();
    this.caller = new DynamoDbCaller(client, tableName);
  }

  override async putAll(blocks: readonly StoredBlock[]): Promise<readonly PutOutcome[]> {
    const sendable = blocks.filter((block) => !this.stampedWrong.has(block));
    const outcomes = sendable.length > 0 ? await this.putSendable(sendable) : [];
    if (sendable.length === blocks.length) return outcomes;
    const outcomeOf = new Map(sendable.map((block, index) => [block, outcomes[index]]));
    return blocks.map((block) => outcomeOf.get(block) ?? 'clock-wrong');
  }

  private async putSendable(blocks: readonly StoredBlock[]): Promise<readonly PutOutcome[]> {
    try {
      await this.assertClock();
      return await this.put(blocks);
    } catch (error) {
      const kind = classifyWriteFailure(error);
      this.onWriteFailure(kind, error);
      if (kind === 'poisoned') return this.bisectRejectedBatch(blocks);
      if (kind === 'clock-skewed') return this.withStampedWrong(blocks);
      const outcome = kind === 'unknown' ? 'unknown' : 'not-stored';
      return blocks.map(() => outcome);
    }
  }

  /** Blocks of imports have the stamp of their import, and marks have none: they can leave once the clock is right. */
  private withStampedWrong(blocks: readonly StoredBlock[]): readonly PutOutcome[] {
    return blocks.map((block) => {
      if (block.importId !== undefined || !parseBlockKey(block.key)) return 'not-stored';
      this.stampedWrong.add(block);
      return 'clock-wrong';
    });
  }

  /**
   * Stamps order what processes write, so a process whose clock is wrong writes nothing. Throws ClockSkewed for a
   * clock that was wrong at its last look, also if it is right by now: what is to be written was stamped before.
   */
  private async assertClock(): Promise<void> {
    if (this.caller.clockSkew === undefined) await (this.firstLook ??= this.askForTheTime());
    const skew = this.caller.clockSkew;
    if (!isWrong(skew)) return;
    // The clock may have been set back since.
    const sinceMs = Math.abs(Date.now() - skew.measuredEpochMs);
    if (sinceMs >= CLOCK_CHECK_MS) await this.askForTheTime();
    throw new ClockSkewed(skew.atLeastMs);
  }

  /** Asks DynamoDB for the time. Throws ClockSkewed when the clock of this machine is wrong now. */
  async assertClockNow(): Promise<void> {
    await this.askForTheTime();
    const skew = this.caller.clockSkew;
    if (!isWrong(skew)) return;
    const error = new ClockSkewed(skew.atLeastMs);
    this.onWriteFailure('clock-skewed', error);
    throw error;
  }

  /** Every answer has the time, also that of a process which may not read. */
  private async askForTheTime(): Promise<void> {
    const Key = blockItemKey({ equipmentId: ' clock', key: ' clock' });
    try {
      await this.caller.call('GetItem', JSON.stringify({ TableName: this.tableName, Key }));
    } catch {
      // A refusal tells the time as well; without an answer, all stays as it was known to be.
    }
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
   * A scan that reads one item of each partition: it continues after the last key that the partition can have. One read
   * unit for each equipment, however many blocks it has.
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

function isWrong(skew: ClockSkew | undefined): skew is ClockSkew {
  return skew !== undefined && skew.atLeastMs > MAX_SKEW_MS;
}

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
