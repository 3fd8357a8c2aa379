import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { DomainError } from '@sensorflow/kernel';
import { AttemptCounter, type AttemptLimit } from '../attempt-counter.js';

const ENTRY = 'window';
const MAX_ROUNDS = 8;

type Key = Record<'partition' | 'entry', AttributeValue>;

/** Attempts in the sessions table: one item a key, whose window begins with its first attempt. */
export class DynamoDbAttemptCounter extends AttemptCounter {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  async count(key: string, limit: AttemptLimit, nowEpochMs: number): Promise<number> {
    return orUnavailable(async () => {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const waitMs = await this.countInWindow(key, limit, nowEpochMs);
        if (waitMs !== undefined) return waitMs;
        if (await this.openWindow(key, limit, nowEpochMs)) return 0;
        // Somebody else opened the window in between; it has a count to add to now.
      }
      throw new Error('the window kept changing');
    });
  }

  async clear(key: string): Promise<void> {
    await orUnavailable(() =>
      this.client.send(new DeleteItemCommand({ TableName: this.tableName, Key: keyOf(key) })),
    );
  }

  /** 0 when counted, the wait when the limit is reached, undefined when no window is open. */
  private async countInWindow(key: string, limit: AttemptLimit, now: number) {
    try {
      await this.client.send(
        new UpdateItemCommand({
          TableName: this.tableName,
          Key: keyOf(key),
          UpdateExpression: 'ADD #attempts :one',
          ConditionExpression: '#windowEndsAt > :now AND #attempts < :limit',
          ExpressionAttributeNames: { '#attempts': 'attempts', '#windowEndsAt': 'windowEndsAt' },
          ExpressionAttributeValues: {
            ':one': { N: '1' },
            ':now': { N: String(now) },
            ':limit': { N: String(limit.attempts) },
          },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return 0;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const windowEndsAt = Number(error.Item?.['windowEndsAt']?.N ?? 0);
      return windowEndsAt > now ? windowEndsAt - now : undefined;
    }
  }

  /** Begins a window with its first attempt, unless another one did. */
  private async openWindow(key: string, limit: AttemptLimit, now: number): Promise<boolean> {
    const windowEndsAt = now + limit.windowMs;
    try {
      await this.client.send(
        new UpdateItemCommand({
          TableName: this.tableName,
          Key: keyOf(key),
          UpdateExpression:
            'SET #attempts = :one, #windowEndsAt = :windowEndsAt, #expiresAt = :expiresAt',
          ConditionExpression: 'attribute_not_exists(#windowEndsAt) OR #windowEndsAt <= :now',
          ExpressionAttributeNames: {
            '#attempts': 'attempts',
            '#windowEndsAt': 'windowEndsAt',
            '#expiresAt': 'expiresAt',
          },
          ExpressionAttributeValues: {
            ':one': { N: '1' },
            ':now': { N: String(now) },
            ':windowEndsAt': { N: String(windowEndsAt) },
            ':expiresAt': { N: String(Math.ceil(windowEndsAt / 1000)) },
          },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

function keyOf(key: string): Key {
  return { partition: { S: `login-attempts#${key}` }, entry: { S: ENTRY } };
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new DomainError(
      'unavailable',
      'login-throttle-unavailable',
      'Logging in is not possible at the moment.',
      { cause, retryAfterSeconds: 2 },
    );
  }
}
