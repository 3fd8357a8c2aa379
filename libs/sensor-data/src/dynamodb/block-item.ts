import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { StoredBlock } from '../log/block.js';

/** A block as DynamoDB holds it: partition `equipmentId`, sort key `block`. */
export type BlockItem = Record<string, AttributeValue>;

/** Attributes have short names: DynamoDB bills them with every block. */
const ATTRIBUTE = {
  instants: 't',
  columns: 'v',
  tags: 'tags',
  places: 'rows',
  importId: 'import',
  by: 'by',
} as const;

export function blockItemKey({ equipmentId, key }: Pick<StoredBlock, 'equipmentId' | 'key'>) {
  return { equipmentId: { S: equipmentId }, block: { S: key } };
}

/** The item as DynamoDB's JSON; written at once, because building it as an object first costs as much again. */
export function blockItemJson(block: StoredBlock): string {
  const { equipmentId, key, columns, removes, expiresAtEpochSeconds } = block;
  let json = `{"equipmentId":{"S":"${equipmentId}"},"block":{"S":"${key}"}`;
  json += memberJson('instants', block.instants);
  json += memberJson('places', block.places);
  json += memberJson('importId', block.importId);
  json += escapedJson('tags', block.tags);
  json += escapedJson('by', block.by);
  if (columns) json += `,"${ATTRIBUTE.columns}":{"M":{${columnsJson(columns)}}}`;
  if (removes) json += `,"removes":{"M":${removalJson(removes)}}`;
  if (expiresAtEpochSeconds !== undefined) {
    json += `,"expiresAt":{"N":"${expiresAtEpochSeconds}"}`;
  }
  return `${json}}`;
}

function memberJson(part: keyof typeof ATTRIBUTE, text: string | undefined): string {
  return text === undefined ? '' : `,"${ATTRIBUTE[part]}":${lineJson(text)}`;
}

/** What users chose can hold what JSON escapes. */
function escapedJson(part: keyof typeof ATTRIBUTE, text: string | undefined): string {
  return text === undefined ? '' : `,"${ATTRIBUTE[part]}":{"S":${JSON.stringify(text)}}`;
}

function columnsJson(columns: NonNullable<StoredBlock['columns']>): string {
  let json = '';
  for (const [metric, column] of columns) {
    const comma = json === '' ? '' : ',';
    const value = typeof column === 'string' ? lineJson(column) : bytesJson(column);
    json += `${comma}"${metric}":${value}`;
  }
  return json;
}

function lineJson(line: string): string {
  return `{"S":"${line}"}`;
}

function bytesJson(bytes: Uint8Array): string {
  return `{"B":"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}"}`;
}

function removalJson({ from, metric }: NonNullable<StoredBlock['removes']>): string {
  const ofMetric = metric === undefined ? '' : `,"metric":${lineJson(metric)}`;
  return `{"from":${lineJson(from)}${ofMetric}}`;
}

/** Throws when the item has no key of a block. What it holds is judged by `readBlock`. */
export function fromBlockItem(item: BlockItem): StoredBlock {
  const equipmentId = item['equipmentId']?.S;
  const key = item['block']?.S;
  if (equipmentId === undefined || key === undefined) throw new Error('An item is no block');
  const text = (part: keyof typeof ATTRIBUTE) => {
    const value = item[ATTRIBUTE[part]]?.S;
    return value === undefined ? {} : { [part]: value };
  };
  const columns = item[ATTRIBUTE.columns]?.M;
  const removes = removalOf(item);
  const expiresAt = item['expiresAt']?.N;
  return {
    equipmentId,
    key,
    ...text('instants'),
    ...text('tags'),
    ...text('places'),
    ...text('importId'),
    ...text('by'),
    ...(columns && { columns: columnsOf(columns) }),
    ...(removes && { removes }),
    ...(expiresAt !== undefined && { expiresAtEpochSeconds: Number(expiresAt) }),
  };
}

/** A column of another type is an empty one, which `readBlock` refuses. */
function columnsOf(columns: BlockItem): NonNullable<StoredBlock['columns']> {
  return new Map(Object.entries(columns).map(([metric, { S, B }]) => [metric, S ?? B ?? '']));
}

function removalOf(item: BlockItem): StoredBlock['removes'] {
  const removal = item['removes']?.M;
  if (!removal) return undefined;
  const metric = removal['metric']?.S;
  return { from: removal['from']?.S ?? '', ...(metric !== undefined && { metric }) };
}
