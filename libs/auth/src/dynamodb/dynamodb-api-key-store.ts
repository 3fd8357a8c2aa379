import {
  ConditionalCheckFailedException,
  GetItemCommand,
  paginateQuery,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { orUnavailable, type Outage } from '@sensorflow/platform/aws/or-unavailable.js';
import { queryWithin } from '@sensorflow/platform/aws/query-within.js';
import { text, type Item } from '@sensorflow/platform/aws/stored-item.js';
import type { WorkBudget } from '@sensorflow/kernel';
import type { ApiKey } from '../api-keys/api-key.js';
import { ApiKeyStore, type ApiKeyPage } from '../api-keys/api-key-store.js';
import { apiKeyIn, attributesOf, listedApiKeyIn, millis } from './api-key-item.js';
import { instantKey } from './instant-key.js';
import { expiry } from './login-throttle-item.js';

const KEYS = 'api-keys';
const CHANGES = 'api-key-changes';
const KEEP_CHANGES_MS = 24 * 60 * 60_000;

const OUTAGE: Outage = {
  code: 'store-unavailable',
  detail: 'The store did not answer in time. Try again.',
  retryAfterSeconds: 2,
};

/**
 * API keys in the sessions table: one partition with an item a key, and one with an item a change, in order of
 * time, cleared by DynamoDB's TTL. Every process reads the changes; one that starts reads both.
 */
export class DynamoDbApiKeyStore extends ApiKeyStore {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  /** The key before its change: a process that hears of it could also find it. */
  async create(key: ApiKey): Promise<void> {
    await orUnavailable(OUTAGE, async () => {
      await this.put(KEYS, key.keyId, attributesOf(key));
      await this.putChange(key, key.createdAtEpochMs);
    });
  }

  /** The change before the key: broken off in between, every process refuses it for a day. */
  async revoke(key: ApiKey, revokedAtEpochMs: number): Promise<void> {
    const revoked = { ...key, revokedAtEpochMs };
    const { expiresAt = expiry(revokedAtEpochMs) } = attributesOf(revoked);
    await orUnavailable(OUTAGE, async () => {
      await this.putChange(revoked, revokedAtEpochMs);
      await this.client.send(
        new UpdateItemCommand({
          TableName: this.tableName,
          Key: { partition: { S: KEYS }, entry: { S: key.keyId } },
          UpdateExpression: 'SET revokedAt = :revokedAt, expiresAt = :expiresAt',
          ConditionExpression: 'attribute_exists(keyId)',
          ExpressionAttributeValues: {
            ':revokedAt': millis(revokedAtEpochMs),
            ':expiresAt': expiresAt,
          },
        }),
      );
    });
  }

  async find(keyId: string): Promise<ApiKey | undefined> {
    const Key = { partition: { S: KEYS }, entry: { S: keyId } };
    const { Item } = await orUnavailable(OUTAGE, () =>
      this.client.send(
        new GetItemCommand({ TableName: this.tableName, Key, ConsistentRead: true }),
      ),
    );
    return Item && apiKeyIn(Item);
  }

  async page(
    after: string | undefined,
    limit: number,
    budget: WorkBudget | undefined,
  ): Promise<ApiKeyPage> {
    return orUnavailable(
      OUTAGE,
      async () => {
        const { Items = [], LastEvaluatedKey } = await queryWithin(budget, this.client, {
          ...this.partition(KEYS),
          Limit: limit,
          ...(after !== undefined && {
            ExclusiveStartKey: { partition: { S: KEYS }, entry: { S: after } },
          }),
        });
        return {
          keys: Items.map(listedApiKeyIn).filter((key) => key.revokedAtEpochMs === undefined),
          next: LastEvaluatedKey && text(LastEvaluatedKey['entry'], 'entry'),
        };
      },
      budget,
    );
  }

  async all(signal: AbortSignal): Promise<readonly ApiKey[]> {
    return this.read(this.partition(KEYS), signal);
  }

  async changedSince(sinceEpochMs: number, signal: AbortSignal): Promise<readonly ApiKey[]> {
    const changes = this.partition(CHANGES);
    const values = {
      ...changes.ExpressionAttributeValues,
      ':since': { S: instantKey(sinceEpochMs) },
    };
    return this.read(
      {
        ...changes,
        KeyConditionExpression: '#partition = :partition AND #entry >= :since',
        ExpressionAttributeNames: { '#partition': 'partition', '#entry': 'entry' },
        ExpressionAttributeValues: values,
      },
      signal,
    );
  }

  async recordUse(keyId: string, usedAtEpochMs: number): Promise<void> {
    try {
      await this.client.send(
        new UpdateItemCommand({
          TableName: this.tableName,
          Key: { partition: { S: KEYS }, entry: { S: keyId } },
          UpdateExpression: 'SET lastUsedAt = :usedAt',
          ConditionExpression:
            'attribute_exists(keyId) AND (attribute_not_exists(lastUsedAt) OR lastUsedAt < :usedAt)',
          ExpressionAttributeValues: { ':usedAt': millis(usedAtEpochMs) },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  private async putChange(key: ApiKey, atEpochMs: number): Promise<void> {
    await this.put(CHANGES, `${instantKey(atEpochMs)}#${key.keyId}`, {
      ...attributesOf(key),
      expiresAt: expiry(atEpochMs + KEEP_CHANGES_MS),
    });
  }

  private async put(
    partition: string,
    entry: string,
    attributes: Readonly<Record<string, AttributeValue>>,
  ): Promise<void> {
    const Item = { partition: { S: partition }, entry: { S: entry }, ...attributes };
    await this.client.send(new PutItemCommand({ TableName: this.tableName, Item }));
  }

  private partition(name: string) {
    return {
      TableName: this.tableName,
      KeyConditionExpression: '#partition = :partition',
      ExpressionAttributeNames: { '#partition': 'partition' },
      ExpressionAttributeValues: { ':partition': { S: name } },
      ConsistentRead: true,
    };
  }

  private async read(query: QueryCommandInput, signal: AbortSignal): Promise<readonly ApiKey[]> {
    const items: Item[] = [];
    const pages = paginateQuery({ client: this.client }, query, { abortSignal: signal });
    for await (const { Items = [] } of pages) items.push(...Items);
    return items.map(apiKeyIn);
  }
}
