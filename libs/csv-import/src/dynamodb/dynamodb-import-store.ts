import {
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { Instant, WorkBudget } from '@sensorflow/kernel';
import { queryWithin } from '@sensorflow/platform/aws/query-within.js';
import {
  nothingUndone,
  type ImportCheckpoint,
  type ImportRecord,
  type ImportStatus,
  type UndoProgress,
  type UploadedObject,
} from '../job/import-record.js';
import {
  ImportStore,
  UNDO_ASKED_AGAIN_MS,
  type BegunUndo,
  type ImportListing,
  type ImportOutcome,
  type ImportPage,
  type Takeover,
  type UndoTakeover,
} from '../job/import-store.js';
import { everyImport, importsOf } from './import-lists.js';
import { answered, conditional } from './store-calls.js';
import {
  fromImportItem,
  keyOf,
  toCheckpointItem,
  toImportItem,
  toLeaseItem,
  toObjectItem,
} from './import-item.js';
import { number } from './item-values.js';
import { toFailureItem, toUndoItem } from './progress-item.js';

interface Change {
  readonly update: string;
  readonly condition: string;
  readonly values: Values;
}

type Values = Readonly<Record<string, AttributeValue>>;

const IMPORTING: Values = { ':importing': { S: 'importing' } };
const UNDOING: Values = { ':undoing': { S: 'undoing' } };
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
    const record = await this.change(uploadId, {
      update: `SET #lease = :lease, #status = :importing, #runs = #runs + :one,
        #object = if_not_exists(#object, :object), #startedAt = if_not_exists(#startedAt, :startedAt)
        REMOVE #expiresAt`,
      condition: `attribute_exists(#runs) AND ${asSeen(previousToken)} AND #status IN (:awaiting, :queued, :importing)`,
      values: {
        ...IMPORTING,
        ':awaiting': { S: 'awaiting-upload' },
        ':queued': { S: 'queued' },
        ':lease': toLeaseItem(lease),
        ':one': number(1),
        ':object': toObjectItem(object),
        ':startedAt': { S: startedAt },
        ...previous(previousToken),
      },
    });
    return record ?? this.alreadyOurs(uploadId, lease.token, 'importing');
  }

  override async takeOverUndo(
    uploadId: string,
    { lease, previousToken }: UndoTakeover,
  ): Promise<ImportRecord | undefined> {
    const record = await this.change(uploadId, {
      update: 'SET #lease = :lease',
      condition: `#status = :undoing AND ${asSeen(previousToken)}`,
      values: { ...UNDOING, ':lease': toLeaseItem(lease), ...previous(previousToken) },
    });
    return record ?? this.alreadyOurs(uploadId, lease.token, 'undoing');
  }

  /** The SDK's second attempt fails the condition when the first one got through. */
  private async alreadyOurs(
    uploadId: string,
    token: string,
    status: ImportStatus,
  ): Promise<ImportRecord | undefined> {
    const record = await this.find(uploadId);
    return record?.lease?.token === token && record.status === status ? record : undefined;
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
      condition: '#lease.#token = :token AND #status IN (:importing, :undoing)',
      values: { ...IMPORTING, ...UNDOING, ':token': { S: token }, ':true': { BOOL: true } },
    });
  }

  override async beginUndo(
    uploadId: string,
    by: string,
    nowEpochMs: number,
  ): Promise<BegunUndo | undefined> {
    const begun = await this.change(uploadId, {
      update: 'SET #status = :undoing, #undo = :undo REMOVE #expiresAt, #lease',
      condition: 'attribute_exists(#runs) AND NOT (#status IN (:undoing, :undone))',
      values: {
        ...UNDOING,
        ':undone': { S: 'undone' },
        ':undo': toUndoItem(nothingUndone(by, nowEpochMs)),
      },
    });
    const asked = begun ?? (await this.askAgain(uploadId, nowEpochMs));
    if (asked) return { record: asked, needsRun: true };
    const record = await this.find(uploadId);
    return record?.status === 'undoing' ? { record, needsRun: false } : undefined;
  }

  private async askAgain(uploadId: string, nowEpochMs: number): Promise<ImportRecord | undefined> {
    return this.change(uploadId, {
      update: 'SET #undo.#askedAt = :now',
      condition:
        '#status = :undoing AND #undo.#askedAt <= :longAgo AND (attribute_not_exists(#lease) OR #lease.#seenAt <= :longAgo)',
      values: {
        ...UNDOING,
        ':now': number(nowEpochMs),
        ':longAgo': number(nowEpochMs - UNDO_ASKED_AGAIN_MS),
      },
    });
  }

  override async saveUndo(
    uploadId: string,
    token: string,
    progress: UndoProgress,
    seenAtEpochMs: number,
  ): Promise<boolean> {
    const record = await this.change(uploadId, {
      update: 'SET #undo = :undo, #lease.#seenAt = :seenAt',
      condition: '#lease.#token = :token AND #status = :undoing',
      values: {
        ...UNDOING,
        ':token': { S: token },
        ':undo': toUndoItem(progress),
        ':seenAt': number(seenAtEpochMs),
      },
    });
    return record !== undefined;
  }

  override async finishUndo(
    uploadId: string,
    token: string,
    progress: UndoProgress,
    finishedAt: Instant,
  ): Promise<boolean> {
    const record = await this.change(uploadId, {
      update: 'SET #status = :undone, #finishedAt = :finishedAt, #undo = :undo',
      // As for finish: our own first attempt may have got through.
      condition: '#lease.#token = :token AND #status IN (:undoing, :undone)',
      values: {
        ...UNDOING,
        ':undone': { S: 'undone' },
        ':token': { S: token },
        ':undo': toUndoItem(progress),
        ':finishedAt': { S: finishedAt },
      },
    });
    return record !== undefined;
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

function asSeen(previousToken: string | undefined): string {
  return previousToken === undefined ? 'attribute_not_exists(#lease)' : '#lease.#token = :previous';
}

function previous(token: string | undefined): Values {
  return token === undefined ? {} : { ':previous': { S: token } };
}
