import {
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { WorkBudget } from '@sensorflow/kernel';
import { orUnavailable, type Outage } from '@sensorflow/platform/aws/or-unavailable.js';
import { queryWithin } from '@sensorflow/platform/aws/query-within.js';
import { number, text, type Item } from '@sensorflow/platform/aws/stored-item.js';
import { createHash } from 'node:crypto';
import type { AuditEntry, AuditPage, AuditQuery, Failure } from '../audit/audit-entry.js';
import { AuditStore } from '../audit/audit-store.js';
import { INSTANT_DIGITS, instantKey } from './instant-key.js';
import { expiry } from './login-throttle-item.js';

const KEEP_MS = 366 * 24 * 60 * 60_000;

const OUTAGE: Outage = {
  code: 'audit-unavailable',
  detail: 'What was done cannot be recorded at the moment, so it was not done. Try again.',
  retryAfterSeconds: 2,
};

/** Audit entries in the sessions table: a partition for each month, in order of time, cleared by DynamoDB's TTL. */
export class DynamoDbAuditStore extends AuditStore {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  async put(entry: AuditEntry): Promise<void> {
    const { atEpochMs, requestId = '', count, ...texts } = entry;
    const item = {
      ...keyOf(atEpochMs, requestId),
      ...textAttributes({ ...texts, requestId }),
      count: { N: String(count) },
      expiresAt: expiry(atEpochMs + KEEP_MS),
    };
    await orUnavailable(OUTAGE, () =>
      this.client.send(new PutItemCommand({ TableName: this.tableName, Item: item })),
    );
  }

  async addFailures(failure: Failure, minuteEpochMs: number, count: number): Promise<void> {
    const { actor, action, target, address, outcome } = failure;
    const kind = createHash('sha256')
      .update(JSON.stringify([actor, action, target, address, outcome]))
      .digest('base64url');
    const texts = { actor, action, target, address, outcome };
    const names = Object.keys(texts);
    await orUnavailable(OUTAGE, () =>
      this.client.send(
        new UpdateItemCommand({
          TableName: this.tableName,
          Key: keyOf(minuteEpochMs, kind),
          UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}, #expiresAt = :expiresAt ADD #count :count`,
          ExpressionAttributeNames: Object.fromEntries(
            [...names, 'expiresAt', 'count'].map((name) => [`#${name}`, name]),
          ),
          ExpressionAttributeValues: {
            ...Object.fromEntries(
              Object.entries(texts).map(([name, value]) => [`:${name}`, { S: value }]),
            ),
            ':expiresAt': expiry(minuteEpochMs + KEEP_MS),
            ':count': { N: String(count) },
          },
        }),
      ),
    );
  }

  async page(query: AuditQuery, budget: WorkBudget): Promise<AuditPage> {
    return orUnavailable({ ...OUTAGE, detail: UNREADABLE }, () => this.read(query, budget), budget);
  }

  private async read(query: AuditQuery, budget: WorkBudget): Promise<AuditPage> {
    const entries: AuditEntry[] = [];
    const first = monthOf(query.fromEpochMs);
    let before = query.before ?? instantKey(query.toEpochMs);
    for (;;) {
      const month = monthOf(epochMsOf(before));
      const limit = query.limit - entries.length;
      const { Items = [], LastEvaluatedKey } = await queryWithin(budget, this.client, {
        ...this.input(query, month),
        Limit: limit,
        ExclusiveStartKey: { partition: { S: partitionOf(month) }, entry: { S: before } },
      });
      entries.push(...Items.map(entryIn));
      if (LastEvaluatedKey) before = text(LastEvaluatedKey['entry'], 'entry');
      else if (month <= first) return { entries, next: undefined };
      else before = instantKey(startOf(month) - 1) + BEHIND_ALL;
      if (entries.length >= query.limit || budget.isSpent()) return { entries, next: before };
    }
  }

  private input({ fromEpochMs, actors, action }: AuditQuery, month: string) {
    const actorNames = (actors ?? []).map((_, index) => `:actor${index}`);
    const filters = [
      ...(actors ? [`#actor IN (${actorNames.join(', ')})`] : []),
      ...(action === undefined ? [] : ['#action = :action']),
    ];
    return {
      TableName: this.tableName,
      KeyConditionExpression: '#partition = :partition AND #entry >= :from',
      ...(filters.length > 0 && { FilterExpression: filters.join(' AND ') }),
      ExpressionAttributeNames: {
        '#partition': 'partition',
        '#entry': 'entry',
        ...(actors && { '#actor': 'actor' }),
        ...(action !== undefined && { '#action': 'action' }),
      },
      ExpressionAttributeValues: {
        ':partition': { S: partitionOf(month) },
        ':from': { S: instantKey(fromEpochMs) },
        ...Object.fromEntries(
          actorNames.map((name, index) => [name, { S: actors?.[index] ?? '' }]),
        ),
        ...(action !== undefined && { ':action': { S: action } }),
      },
      ScanIndexForward: false,
      ConsistentRead: true,
    };
  }
}

const UNREADABLE = 'The audit trail cannot be read at the moment. Try again.';
/** Sorts behind every entry of its instant. */
const BEHIND_ALL = '~';

function keyOf(atEpochMs: number, unique: string): Record<string, AttributeValue> {
  return {
    partition: { S: partitionOf(monthOf(atEpochMs)) },
    entry: { S: `${instantKey(atEpochMs)}#${unique}` },
  };
}

function partitionOf(month: string): string {
  return `audit#${month}`;
}

function monthOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 7);
}

function startOf(month: string): number {
  return Date.parse(`${month}-01T00:00:00Z`);
}

function epochMsOf(entryKey: string): number {
  return Number(entryKey.slice(0, INSTANT_DIGITS));
}

/** Empty texts are left out. */
function textAttributes(texts: Readonly<Record<string, string>>): Record<string, AttributeValue> {
  const filled = Object.entries(texts).filter(([, value]) => value !== '');
  return Object.fromEntries(filled.map(([name, value]) => [name, { S: value }]));
}

function entryIn(item: Item): AuditEntry {
  return {
    atEpochMs: epochMsOf(text(item['entry'], 'entry')),
    actor: text(item['actor'], 'actor'),
    action: text(item['action'], 'action'),
    target: item['target']?.S ?? '',
    address: item['address']?.S ?? '',
    outcome: text(item['outcome'], 'outcome'),
    requestId: item['requestId']?.S,
    count: number(item['count'], 'count'),
  };
}
