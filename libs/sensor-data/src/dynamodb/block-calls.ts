import { member } from '@sensorflow/platform/aws/json-member.js';
import { isJsonObject } from '../json-object.js';
import type { PutOutcome } from '../log/block-store.js';
import type { StoredBlock } from '../log/block.js';
import { blockItemJson } from './block-item.js';

/** The body of a PutItem. */
export function putBlockJson(tableName: string, block: StoredBlock): string {
  return `{"TableName":${JSON.stringify(tableName)},"Item":${blockItemJson(block)}}`;
}

/** The body of a BatchWriteItem. */
export function putBlocksJson(tableName: string, blocks: readonly StoredBlock[]): string {
  const puts = blocks.map((block) => `{"PutRequest":{"Item":${blockItemJson(block)}}}`);
  return `{"RequestItems":{${JSON.stringify(tableName)}:[${puts.join(',')}]}}`;
}

/** What the answer to a PutItem confirms: all of it, if it is an answer of DynamoDB at all. */
export function putOutcome(answer: unknown): PutOutcome {
  return isJsonObject(answer) ? 'stored' : 'unknown';
}

/**
 * What the answer to a BatchWriteItem confirms: each block that it does not name as left over. Nothing
 * if it does not say what is left, were it only {}, or names what was not sent.
 */
export function putOutcomes(
  blocks: readonly StoredBlock[],
  answer: unknown,
): readonly PutOutcome[] {
  const left = leftoverKeys(answer);
  if (left?.size === 0) return blocks.map(() => 'stored');
  const outcomes = blocks.map(({ equipmentId, key }): PutOutcome =>
    left?.delete(`${equipmentId} ${key}`) ? 'not-stored' : 'stored',
  );
  return left?.size === 0 ? outcomes : blocks.map(() => 'unknown');
}

/** Undefined when the answer does not say what is left. */
function leftoverKeys(answer: unknown): Set<string> | undefined {
  const tables = isJsonObject(answer) ? answer['UnprocessedItems'] : undefined;
  if (!isJsonObject(tables)) return undefined;
  return new Set(Object.values(tables).flat().map(leftoverKey));
}

/** For anything but a put of a block, a key that no block has. */
function leftoverKey(leftover: unknown): string {
  const item = member(member(leftover, 'PutRequest'), 'Item');
  const equipmentId = member(member(item, 'equipmentId'), 'S');
  return `${String(equipmentId)} ${String(member(member(item, 'block'), 'S'))}`;
}
