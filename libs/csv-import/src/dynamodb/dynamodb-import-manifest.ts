import {
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { ImportManifest, type ImportedHour, type ManifestPart } from '../undo/import-manifest.js';
import { answered, conditional } from './store-calls.js';

type PartItem = Record<string, AttributeValue>;

const NUMBER_DIGITS = 9;

/**
 * The manifests in the imports table, each in a partition of its own; their parts sort by number. Hours
 * stand as text, a line for each with its equipment: `2026-11-30T08 EQ-1 EQ-2`.
 */
export class DynamoDbImportManifest extends ImportManifest {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  override async create(uploadId: string, part: ManifestPart): Promise<ManifestPart> {
    const put = new PutItemCommand({
      TableName: this.tableName,
      Item: toPartItem(uploadId, part),
      ConditionExpression: 'attribute_not_exists(uploadId)',
    });
    if (await conditional(async () => this.client.send(put))) return part;
    return this.partAt(uploadId, part.number);
  }

  private async partAt(uploadId: string, number: number): Promise<ManifestPart> {
    const get = new GetItemCommand({
      TableName: this.tableName,
      Key: keyOf(uploadId, number),
      ConsistentRead: true,
    });
    const { Item } = await answered(async () => this.client.send(get));
    return fromPartItem(Item ?? {});
  }

  override async last(uploadId: string): Promise<ManifestPart | undefined> {
    const { Items = [] } = await this.query(uploadId, 1, { ScanIndexForward: false, Limit: 1 });
    return Items[0] && fromPartItem(Items[0]);
  }

  override async *parts(uploadId: string, fromNumber: number): AsyncGenerator<ManifestPart> {
    let position: PartItem | undefined;
    do {
      const page = await this.query(
        uploadId,
        fromNumber,
        position && { ExclusiveStartKey: position },
      );
      for (const item of page.Items ?? []) yield fromPartItem(item);
      position = page.LastEvaluatedKey;
    } while (position);
  }

  private query(uploadId: string, fromNumber: number, more: object = {}) {
    const query = new QueryCommand({
      TableName: this.tableName,
      ConsistentRead: true,
      KeyConditionExpression: '#scope = :scope AND #part >= :from',
      ExpressionAttributeNames: { '#scope': 'scope', '#part': 'uploadId' },
      ExpressionAttributeValues: {
        ':scope': { S: scopeOf(uploadId) },
        ':from': { S: sortKeyOf(fromNumber) },
      },
      ...more,
    });
    return answered(async () => this.client.send(query));
  }
}

function scopeOf(uploadId: string): string {
  return `manifest#${uploadId}`;
}

function sortKeyOf(number: number): string {
  return String(number).padStart(NUMBER_DIGITS, '0');
}

function keyOf(uploadId: string, number: number): PartItem {
  return { scope: { S: scopeOf(uploadId) }, uploadId: { S: sortKeyOf(number) } };
}

function toPartItem(uploadId: string, part: ManifestPart): PartItem {
  const item = {
    ...keyOf(uploadId, part.number),
    totalHours: { N: String(part.totalHours) },
  };
  if (part.kind === 'fence') return item;
  return { ...item, writer: { S: part.writer }, hours: { S: hoursText(part.hours) } };
}

function fromPartItem(item: PartItem): ManifestPart {
  const { uploadId, totalHours, writer, hours } = item;
  if (uploadId?.S === undefined || totalHours?.N === undefined) {
    throw new Error('a part of a manifest is damaged');
  }
  const part = { number: Number(uploadId.S), totalHours: Number(totalHours.N) };
  if (hours?.S === undefined) return { kind: 'fence', ...part };
  return { kind: 'hours', ...part, writer: writer?.S ?? '', hours: hoursIn(hours.S) };
}

function hoursText(hours: readonly ImportedHour[]): string {
  const byHour = Map.groupBy(hours, ({ hour }) => hour);
  return Array.from(byHour, ([hour, some]) =>
    [hour, ...some.map(({ equipmentId }) => equipmentId)].join(' '),
  ).join('\n');
}

function hoursIn(text: string): readonly ImportedHour[] {
  return text.split('\n').flatMap((line) => {
    const [hour = '', ...ids] = line.split(' ');
    return ids.map((equipmentId) => ({ equipmentId, hour }));
  });
}
