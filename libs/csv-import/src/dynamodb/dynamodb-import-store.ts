import {
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { Instant, WorkBudget } from '@sensorflow/kernel';
import { queryWithin } from '@sensorflow/platform/aws/query-within.js';
import { IMPORTS_OF_SUBJECT_INDEX } from '@sensorflow/platform/resources/tables.js';
import {
  nothingUndone,
  type ImportCheckpoint,
  type ImportRecord,
  type UndoProgress,
  type UploadedObject,
} from '../job/import-record.js';
import {
  ImportStore,
  type ImportListing,
  type ImportOutcome,
  type ImportPage,
  type Takeover,
} from '../job/import-store.js';
import { answered, conditional } from './store-calls.js';
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
  toUndoItem,
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

  override async find(uploadId: string, budget?: WorkBudget): Promise<ImportRecord | undefined> {
    const command = new GetItemCommand({
      TableName: this.tableName,
      Key: keyOf(uploadId),
      ConsistentRead: true,
    });
    const send = async (abortSignal?: AbortSignal) =>
      this.client.send(command, abortSignal && { abortSignal });
    const { Item } = await answered(() => (budget ? budget.call(send) : send()), budget);
    return Item && fromImportItem(Item);
  }

  override async list(
    { limit, before, subject }: ImportListing,
    budget?: WorkBudget,
  ): Promise<ImportPage> {
    const input = {
      TableName: this.tableName,
      ...(subject === undefined ? everyImport(before) : importsOf(subject, before)),
      ScanIndexForward: false,
      // One more says whether any follow.
      Limit: limit + 1,
    };
    const query = async () => queryWithin(budget, this.client, input);
    const { Items = [], LastEvaluatedKey } = await answered(query, budget);
    const imports = Items.slice(0, limit).map(fromImportItem);
    const hasMore = Items.length > limit || LastEvaluatedKey !== undefined;
    return { imports, next: hasMore ? imports.at(-1)?.uploadId : undefined };
  }

  override async markQueued(
    uploadId: string,
    object: UploadedObject,
  ): Promise<ImportRecord | undefined> {
    return this.change(uploadId, {
      update: 'SET #status = :queued, #object = if_not_exists(#object, :object) REMOVE #expiresAt',
      condition: '#status = :awaiting',
      values: {
        ':queued': { S: 'queued' },
        ':awaiting': { S: 'awaiting-upload' },
        ':object': toObjectItem(object),
      },
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
        #object = if_not_exists(#object, :object), #startedAt = if_not_exists(#startedAt, :startedAt)
        REMOVE #expiresAt`,
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

  override async beginUndo(uploadId: string, by: string): Promise<ImportRecord | undefined> {
    const begun = await this.change(uploadId, {
      update: 'SET #status = :undoing, #undo = :undo REMOVE #expiresAt',
      condition: 'attribute_exists(#runs) AND NOT #status IN (:undoing, :undone)',
      values: {
        ':undoing': { S: 'undoing' },
        ':undone': { S: 'undone' },
        ':undo': toUndoItem(nothingUndone(by)),
      },
    });
    if (begun) return begun;
    const record = await this.find(uploadId);
    return record?.status === 'undoing' ? record : undefined;
  }

  override async saveUndo(uploadId: string, progress: UndoProgress): Promise<boolean> {
    const record = await this.change(uploadId, {
      update: 'SET #undo = :undo',
      condition: '#status = :undoing AND #undo.#nextPart <= :nextPart',
      values: {
        ':undoing': { S: 'undoing' },
        ':undo': toUndoItem(progress),
        ':nextPart': number(progress.nextPart),
      },
    });
    return record !== undefined;
  }

  override async finishUndo(uploadId: string, finishedAt: Instant): Promise<void> {
    await this.change(uploadId, {
      update: 'SET #status = :undone, #finishedAt = :finishedAt',
      condition: '#status = :undoing',
      values: {
        ':undoing': { S: 'undoing' },
        ':undone': { S: 'undone' },
        ':finishedAt': { S: finishedAt },
      },
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

function everyImport(before: string | undefined) {
  return {
    KeyConditionExpression: '#scope = :scope',
    ExpressionAttributeNames: { '#scope': 'scope' },
    ExpressionAttributeValues: { ':scope': { S: SCOPE } },
    ConsistentRead: true,
    ...(before !== undefined && { ExclusiveStartKey: keyOf(before) }),
  };
}

function importsOf(subject: string, before: string | undefined) {
  return {
    IndexName: IMPORTS_OF_SUBJECT_INDEX.name,
    KeyConditionExpression: '#subject = :subject',
    ExpressionAttributeNames: { '#subject': 'subject' },
    ExpressionAttributeValues: { ':subject': { S: subject } },
    ...(before !== undefined && {
      ExclusiveStartKey: { ...keyOf(before), subject: { S: subject } },
    }),
  };
}
