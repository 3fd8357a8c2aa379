import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { AttemptCounter } from '../attempt-counter.js';
import {
  forgottenAt,
  withOneMore,
  type AttemptLimit,
  type AttemptRate,
  type Attempts,
} from '../attempt-limit.js';
import { orUnavailable } from '@sensorflow/platform/aws/or-unavailable.js';
import { expiry, keyOf, THROTTLE_OUTAGE } from './login-throttle-item.js';

/** A lost round means that somebody else's attempt was counted, and few are before all must wait. */
const MAX_ROUNDS = 20;

type Key = Record<'partition' | 'entry', AttributeValue>;
interface Change {
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** Attempts in the sessions table: one item a key, changed only as it was read. */
export class DynamoDbAttemptCounter extends AttemptCounter {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  async reserve(key: string, limit: AttemptLimit, nowEpochMs: number): Promise<number> {
    return orUnavailable(THROTTLE_OUTAGE, async () => {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const before = await this.read(keyOf('attempts', key));
        const after = withOneMore(before, limit, nowEpochMs);
        if (typeof after === 'number') return after;
        if (await this.replace(keyOf('attempts', key), before, after, limit)) return 0;
      }
      throw new Error('the attempts kept changing');
    });
  }

  async waitMs(key: string, limit: AttemptLimit, nowEpochMs: number): Promise<number> {
    const before = await orUnavailable(THROTTLE_OUTAGE, () => this.read(keyOf('attempts', key)));
    const after = withOneMore(before, limit, nowEpochMs);
    return typeof after === 'number' ? after : 0;
  }

  async giveBack(key: string): Promise<void> {
    await orUnavailable(THROTTLE_OUTAGE, () =>
      this.change(keyOf('attempts', key), {
        UpdateExpression: 'SET attempts = attempts - :one',
        ConditionExpression: 'attempts > :zero',
        values: { ':one': { N: '1' }, ':zero': { N: '0' } },
      }),
    );
  }

  async clear(key: string): Promise<void> {
    const Key = keyOf('attempts', key);
    await orUnavailable(THROTTLE_OUTAGE, () =>
      this.client.send(new DeleteItemCommand({ TableName: this.tableName, Key })),
    );
  }

  /**
   * The item holds when the bucket will be full again: each attempt moves that instant by one refill.
   * Two conditional writes instead of a read, because many people share a network.
   */
  async reserveInRate(key: string, rate: AttemptRate, nowEpochMs: number): Promise<number> {
    const { burst, refillEveryMs } = rate;
    const values = {
      ':refill': { N: String(refillEveryMs) },
      ':now': { N: String(nowEpochMs) },
      ':latest': { N: String(nowEpochMs + (burst - 1) * refillEveryMs) },
      ':first': { N: String(nowEpochMs + refillEveryMs) },
      ':expiresAt': expiry(nowEpochMs + burst * refillEveryMs),
    };
    return orUnavailable(THROTTLE_OUTAGE, async () => {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const found = await this.change(keyOf('rate', key), {
          UpdateExpression: 'SET fullAt = fullAt + :refill, expiresAt = :expiresAt',
          ConditionExpression: 'fullAt > :now AND fullAt <= :latest',
          values: without(values, ':first'),
        });
        if (found === 'changed') return 0;
        const waitMs = Number(found?.['fullAt']?.N ?? 0) - nowEpochMs - (burst - 1) * refillEveryMs;
        if (waitMs > 0) return waitMs;
        const begun = await this.change(keyOf('rate', key), {
          UpdateExpression: 'SET fullAt = :first, expiresAt = :expiresAt',
          ConditionExpression: 'attribute_not_exists(fullAt) OR fullAt <= :now',
          values: without(values, ':refill', ':latest'),
        });
        if (begun === 'changed') return 0;
      }
      throw new Error('the bucket kept changing');
    });
  }

  async giveBackToRate(key: string, { refillEveryMs }: AttemptRate): Promise<void> {
    await orUnavailable(THROTTLE_OUTAGE, () =>
      this.change(keyOf('rate', key), {
        UpdateExpression: 'SET fullAt = fullAt - :refill',
        ConditionExpression: 'attribute_exists(fullAt)',
        values: { ':refill': { N: String(refillEveryMs) } },
      }),
    );
  }

  private async read(key: Key): Promise<Attempts | undefined> {
    const { Item } = await this.client.send(
      new GetItemCommand({ TableName: this.tableName, Key: key, ConsistentRead: true }),
    );
    if (Item?.['attempts']?.N === undefined) return undefined;
    return { count: Number(Item['attempts'].N), lastEpochMs: Number(Item['lastAt']?.N) };
  }

  private async replace(
    key: Key,
    before: Attempts | undefined,
    after: Attempts,
    limit: AttemptLimit,
  ): Promise<boolean> {
    const found = await this.change(key, {
      UpdateExpression: 'SET attempts = :attempts, lastAt = :lastAt, expiresAt = :expiresAt',
      ConditionExpression: before
        ? 'attempts = :knownAttempts AND lastAt = :knownLastAt'
        : 'attribute_not_exists(attempts)',
      values: {
        ':attempts': { N: String(after.count) },
        ':lastAt': { N: String(after.lastEpochMs) },
        ':expiresAt': expiry(forgottenAt(after, limit)),
        ...(before && {
          ':knownAttempts': { N: String(before.count) },
          ':knownLastAt': { N: String(before.lastEpochMs) },
        }),
      },
    });
    return found === 'changed';
  }

  /** `changed`, or the item as it stands when the condition does not hold. */
  private async change(
    key: Key,
    { values, ...expressions }: Change,
  ): Promise<'changed' | Record<string, AttributeValue> | undefined> {
    try {
      await this.client.send(
        new UpdateItemCommand({
          TableName: this.tableName,
          Key: key,
          ...expressions,
          ExpressionAttributeValues: values,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return 'changed';
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return error.Item;
      throw error;
    }
  }
}

function without(
  values: Readonly<Record<string, AttributeValue>>,
  ...names: readonly string[]
): Readonly<Record<string, AttributeValue>> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}
