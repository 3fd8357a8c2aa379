import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { DomainError } from '@sensorflow/kernel';
import type { ImportCheckpoint, ImportRecord } from '../import-record.js';
import {
  ImportStore,
  type ImportOutcome,
  type ImportPage,
  type Takeover,
} from '../import-store.js';
import {
  fromImportItem,
  keyOf,
  number,
  SCOPE,
  toCheckpointItem,
  toFailureItem,
  toImportItem,
  toLeaseItem,
  toObjectItem,
} from './import-item.js';

interface Change {
  readonly update: string;
  readonly condition: string;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

const IMPORTING: Readonly<Record<string, AttributeValue>> = { ':importing': { S: 'importing' } };
/** A run's own writes; a finished import is nobody's. */
const IS_OURS = '#lease.#token = :token AND #status = :importing';

/** Names of attributes are all said with `#`: some are reserved words, and more may become so. */
const NAME = /#([A-Za-z]+)/g;

/** The imports table in DynamoDB. */
export class DynamoDbImportStore extends ImportStore {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  override async create(record: ImportRecord): Promise<void> {
    // A failed condition is the SDK's second attempt meeting its first: ids are not given twice.
    await conditional(() =>
      this.client.send(
        new PutItemCommand({
          TableName: this.tableName,
          Item: toImportItem(record),
          ConditionExpression: 'attribute_not_exists(uploadId)',
        }),
      ),
    );
  }

  override async find(uploadId: string): Promise<ImportRecord | undefined> {
    return orUnavailable(async () => {
      const command = new GetItemCommand({
        TableName: this.tableName,
        Key: keyOf(uploadId),
        ConsistentRead: true,
      });
      const { Item } = await this.client.send(command);
      return Item && fromImportItem(Item);
    });
  }

  override async list(limit: number, before?: string): Promise<ImportPage> {
    return orUnavailable(async () => {
      const found: ImportRecord[] = [];
      let position = before === undefined ? undefined : keyOf(before);
      do {
        const page = await this.client.send(this.listQuery(limit + 1 - found.length, position));
        found.push(...(page.Items ?? []).map(fromImportItem));
        position = page.LastEvaluatedKey;
      } while (position && found.length <= limit);
      const imports = found.slice(0, limit);
      return { imports, next: found.length > limit ? imports.at(-1)?.uploadId : undefined };
    });
  }

  private listQuery(limit: number, position: Record<string, AttributeValue> | undefined) {
    return new QueryCommand({
      TableName: this.tableName,
      KeyConditionExpression: '#scope = :scope',
      ExpressionAttributeNames: { '#scope': 'scope' },
      ExpressionAttributeValues: { ':scope': { S: SCOPE } },
      ConsistentRead: true,
      ScanIndexForward: false,
      Limit: limit,
      ...(position && { ExclusiveStartKey: position }),
    });
  }

  override async markQueued(uploadId: string): Promise<void> {
    await this.change(uploadId, {
      update: 'SET #status = :queued',
      condition: '#status = :awaiting',
      values: { ':queued': { S: 'queued' }, ':awaiting': { S: 'awaiting-upload' } },
    });
  }

  override async takeOver(
    uploadId: string,
    { lease, previousToken, object, startedAt }: Takeover,
  ): Promise<ImportRecord | undefined> {
    const asSeen =
      previousToken === undefined ? 'attribute_not_exists(#lease)' : '#lease.#token = :previous';
    const record = await this.change(uploadId, {
      update: `SET #lease = :lease, #status = :importing, #runs = #runs + :one,
        #object = if_not_exists(#object, :object), #startedAt = if_not_exists(#startedAt, :startedAt)`,
      condition: `attribute_exists(#runs) AND ${asSeen} AND #status IN (:awaiting, :queued, :importing)`,
      values: {
        ...IMPORTING,
        ':awaiting': { S: 'awaiting-upload' },
        ':queued': { S: 'queued' },
        ':lease': toLeaseItem(lease),
        ':one': number(1),
        ':object': toObjectItem(object),
        ':startedAt': { S: startedAt },
        ...(previousToken !== undefined && { ':previous': { S: previousToken } }),
      },
    });
    return record ?? this.alreadyOurs(uploadId, lease.token);
  }

  /** The SDK's second attempt fails the condition when the first one got through. */
  private async alreadyOurs(uploadId: string, token: string): Promise<ImportRecord | undefined> {
    const record = await this.find(uploadId);
    return record?.lease?.token === token && record.status === 'importing' ? record : undefined;
  }

  override async saveCheckpoint(
    uploadId: string,
    token: string,
    checkpoint: ImportCheckpoint,
    seenAtEpochMs: number,
  ): Promise<boolean> {
    const record = await this.change(uploadId, {
      update: 'SET #checkpoint = :checkpoint, #lease.#seenAt = :seenAt',
      condition: IS_OURS,
      values: {
        ...IMPORTING,
        ':token': { S: token },
        ':checkpoint': toCheckpointItem(checkpoint),
        ':seenAt': number(seenAtEpochMs),
      },
    });
    return record !== undefined;
  }

  override async finish(uploadId: string, token: string, outcome: ImportOutcome): Promise<boolean> {
    const { status, failure, finishedAt, checkpoint } = outcome;
    const record = await this.change(uploadId, {
      update: `SET #status = :status, #finishedAt = :finishedAt, #checkpoint = :checkpoint
        ${failure ? ', #failure = :failure' : ''}`,
      // Our own first attempt may have got through: the lease stays ours when we finish.
      condition: '#lease.#token = :token AND #status IN (:importing, :status)',
      values: {
        ...IMPORTING,
        ':token': { S: token },
        ':status': { S: status },
        ':finishedAt': { S: finishedAt },
        ':checkpoint': toCheckpointItem(checkpoint),
        ...(failure && { ':failure': toFailureItem(failure) }),
      },
    });
    return record !== undefined;
  }

  override async release(uploadId: string, token: string): Promise<void> {
    await this.change(uploadId, {
      update: 'SET #lease.#released = :true',
      condition: IS_OURS,
      values: { ...IMPORTING, ':token': { S: token }, ':true': { BOOL: true } },
    });
  }

  /** The changed import, or undefined when the condition does not hold. */
  private async change(
    uploadId: string,
    { update, condition, values }: Change,
  ): Promise<ImportRecord | undefined> {
    const names = [...`${update} ${condition}`.matchAll(NAME)].map(([name]) => name);
    const answer = await conditional(() =>
      this.client.send(
        new UpdateItemCommand({
          TableName: this.tableName,
          Key: keyOf(uploadId),
          UpdateExpression: update,
          ConditionExpression: condition,
          ExpressionAttributeNames: Object.fromEntries(names.map((name) => [name, name.slice(1)])),
          ExpressionAttributeValues: { ...values },
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return answer?.Attributes && fromImportItem(answer.Attributes);
  }
}

/** Undefined when the condition does not hold. */
async function conditional<T>(work: () => Promise<T>): Promise<T | undefined> {
  return orUnavailable(async () => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  });
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new DomainError(
      'unavailable',
      'store-unavailable',
      'The table of imports does not answer at the moment.',
      { cause, retryAfterSeconds: 2 },
    );
  }
}
