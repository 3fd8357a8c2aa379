import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { AttemptCounter, type Reservation } from '../attempt-counter.js';
import {
  forgottenAt,
  waitMs,
  withOneLess,
  withOneMore,
  type AttemptLimit,
  type AttemptRate,
  type Attempts,
} from '../attempt-limit.js';
import { orUnavailable } from '@sensorflow/platform/aws/or-unavailable.js';
import { expiry, keyOf, THROTTLE_OUTAGE } from './login-throttle-item.js';

/** A lost round means that another attempt was counted or given back; few are before all must wait. */
const MAX_ROUNDS = 40;

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

  async reserve(
    key: string,
    limit: AttemptLimit,
    nowEpochMs: number,
  ): Promise<Reservation | number> {
    return orUnavailable(THROTTLE_OUTAGE, async () => {
      let before = await this.read(key);
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const wait = waitMs(before, limit, nowEpochMs);
        if (wait > 0) return wait;
        const attempts = withOneMore(before, limit, nowEpochMs);
        const found = await this.replace(key, before, attempts, forgottenAt(attempts, limit));
        if (found === 'changed') return { key, atEpochMs: nowEpochMs, attempts };
        before = found;
      }
      throw new Error('the attempts kept changing');
    });
  }

  async attempts(key: string): Promise<Attempts> {
    return orUnavailable(THROTTLE_OUTAGE, () => this.read(key));
  }

  /** At first as if nobody had changed the item since: then one call is enough. */
  async giveBack({ key, atEpochMs, attempts }: Reservation): Promise<void> {
    await orUnavailable(THROTTLE_OUTAGE, async () => {
      let before = attempts;
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const after = withOneLess(before, atEpochMs);
        if (after === before) return;
        const found = await this.replace(key, before, after);
        if (found === 'changed') return;
        before = found;
      }
      throw new Error('the attempts kept changing');
    });
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
        const wait = Number(found?.['fullAt']?.N ?? 0) - nowEpochMs - (burst - 1) * refillEveryMs;
        if (wait > 0) return wait;
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

  private async read(key: string): Promise<Attempts> {
    const { Item } = await this.client.send(
      new GetItemCommand({
        TableName: this.tableName,
        Key: keyOf('attempts', key),
        ConsistentRead: true,
      }),
    );
    return attemptsIn(Item);
  }

  /** `changed`, or the attempts as they stand when they are not `before`. */
  private async replace(
    key: string,
    before: Attempts,
    after: Attempts,
    forgottenAtEpochMs?: number,
  ): Promise<'changed' | Attempts> {
    const keepsExpiry = forgottenAtEpochMs === undefined;
    const found = await this.change(keyOf('attempts', key), {
      UpdateExpression: `SET attemptsAt = :after${keepsExpiry ? '' : ', expiresAt = :expiresAt'}`,
      ConditionExpression: `${before.length > 0 ? '' : 'attribute_not_exists(attemptsAt) OR '}attemptsAt = :before`,
      values: {
        ':before': listOf(before),
        ':after': listOf(after),
        ...(!keepsExpiry && { ':expiresAt': expiry(forgottenAtEpochMs) }),
      },
    });
    return found === 'changed' ? found : attemptsIn(found);
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

function attemptsIn(item: Readonly<Record<string, AttributeValue>> | undefined): Attempts {
  return item?.['attemptsAt']?.L?.map(({ N }) => Number(N)) ?? [];
}

function listOf(attempts: Attempts): AttributeValue {
  return { L: attempts.map((epochMs) => ({ N: String(epochMs) })) };
}

function without(
  values: Readonly<Record<string, AttributeValue>>,
  ...names: readonly string[]
): Readonly<Record<string, AttributeValue>> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}
