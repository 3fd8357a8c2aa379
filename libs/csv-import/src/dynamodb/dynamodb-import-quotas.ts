import {
  GetItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '@sensorflow/kernel';
import { ImportQuotas, type ImportSlot, type QuotaUse } from '../job/import-quotas.js';
import type { ImportItem } from './item-values.js';
import { answered, conditional } from './store-calls.js';

/** A caller who opens nothing for so long is forgotten. */
const KEPT_SECONDS = 30 * 24 * 60 * 60;
const SLOT = /^slot(\d+)$/;

interface Change {
  readonly update: string;
  readonly condition?: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, AttributeValue>>;
}

/** One item for each subject, beside the imports in their table. */
export class DynamoDbImportQuotas extends ImportQuotas {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async find(subject: string): Promise<QuotaUse> {
    const { Item } = await answered(async () =>
      this.client.send(
        new GetItemCommand({
          TableName: this.tableName,
          Key: keyOf(subject),
          ConsistentRead: true,
        }),
      ),
    );
    return useIn(Item);
  }

  override async addOpen(subject: string, uploadId: string, max: number): Promise<boolean> {
    const item = await this.change(subject, {
      update: 'SET #expiresAt = :expiresAt ADD #open :ids',
      // The SDK's second attempt may meet its first.
      condition:
        'contains(#open, :id) OR ((attribute_not_exists(#open) OR size(#open) < :max)' +
        ' AND (attribute_not_exists(#unfinished) OR size(#unfinished) < :max))',
      names: { '#open': 'open', '#unfinished': 'unfinished', '#expiresAt': 'expiresAt' },
      values: {
        ':ids': { SS: [uploadId] },
        ':id': { S: uploadId },
        ':max': { N: String(max) },
        ':expiresAt': { N: String(Math.ceil(this.clock.nowEpochMs() / 1000) + KEPT_SECONDS) },
      },
    });
    return item !== undefined;
  }

  override async addUnfinished(subject: string, uploadId: string): Promise<QuotaUse> {
    const item = await this.change(subject, {
      update: 'DELETE #open :ids ADD #unfinished :ids',
      names: { '#open': 'open', '#unfinished': 'unfinished' },
      values: { ':ids': { SS: [uploadId] } },
    });
    return useIn(item);
  }

  override async remove(subject: string, uploadIds: readonly string[]): Promise<void> {
    await this.change(subject, {
      update: 'DELETE #open :ids, #unfinished :ids',
      // Nothing is made of what has expired.
      condition: 'attribute_exists(#expiresAt)',
      names: { '#open': 'open', '#unfinished': 'unfinished', '#expiresAt': 'expiresAt' },
      values: { ':ids': { SS: [...uploadIds] } },
    });
  }

  override async takeSlot(
    subject: string,
    number: number,
    slot: ImportSlot,
    seenToken: string | undefined,
  ): Promise<boolean> {
    const isAsSeen =
      seenToken === undefined ? 'attribute_not_exists(#slot)' : '#slot.#token = :seen';
    const item = await this.change(subject, {
      update: 'SET #slot = :slot',
      condition: `${isAsSeen} OR #slot.#token = :token`,
      names: { '#slot': `slot${number}`, '#token': 'token' },
      values: {
        ':slot': slotToItem(slot),
        ':token': { S: slot.token },
        ...(seenToken !== undefined && { ':seen': { S: seenToken } }),
      },
    });
    return item !== undefined;
  }

  override async freeSlot(subject: string, number: number, token: string): Promise<void> {
    await this.change(subject, {
      update: 'REMOVE #slot',
      condition: '#slot.#token = :token',
      names: { '#slot': `slot${number}`, '#token': 'token' },
      values: { ':token': { S: token } },
    });
  }

  /** The changed item, or undefined when the condition does not hold. */
  private async change(
    subject: string,
    { update, condition, names, values }: Change,
  ): Promise<ImportItem | undefined> {
    const answer = await conditional(() =>
      this.client.send(
        new UpdateItemCommand({
          TableName: this.tableName,
          Key: keyOf(subject),
          UpdateExpression: update,
          ConditionExpression: condition,
          ExpressionAttributeNames: names && { ...names },
          ExpressionAttributeValues: values && { ...values },
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return answer && (answer.Attributes ?? {});
  }
}

/** Without the attribute `subject`, so that it is in no list of imports. */
function keyOf(subject: string): ImportItem {
  return { scope: { S: `quota#${subject}` }, uploadId: { S: 'quota' } };
}

function slotToItem({ uploadId, token, takenAtEpochMs }: ImportSlot): AttributeValue {
  return {
    M: { uploadId: { S: uploadId }, token: { S: token }, takenAt: { N: String(takenAtEpochMs) } },
  };
}

function useIn(item: ImportItem = {}): QuotaUse {
  return {
    open: item['open']?.SS ?? [],
    unfinished: item['unfinished']?.SS ?? [],
    slots: slotsIn(item),
  };
}

function slotsIn(item: ImportItem): ReadonlyMap<number, ImportSlot> {
  const slots = Object.entries(item).flatMap(([name, { M: slot }]): [number, ImportSlot][] => {
    const number = SLOT.exec(name)?.[1];
    return number === undefined || !slot ? [] : [[Number(number), slotFrom(slot)]];
  });
  return new Map(slots);
}

function slotFrom(item: ImportItem): ImportSlot {
  return {
    uploadId: item['uploadId']?.S ?? '',
    token: item['token']?.S ?? '',
    takenAtEpochMs: Number(item['takenAt']?.N ?? 0),
  };
}
