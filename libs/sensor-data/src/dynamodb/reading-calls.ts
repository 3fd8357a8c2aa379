import { isJsonObject } from '../json-object.js';
import type { PutOutcome } from '../reading-store.js';
import { readingKey, type StoredReading } from '../reading.js';

/** The body of a PutItem. */
export function putJson(tableName: string, itemJson: string): string {
  return `{"TableName":${JSON.stringify(tableName)},"Item":${itemJson}}`;
}

/** The body of a BatchWriteItem. */
export function batchJson(tableName: string, itemsJson: readonly string[]): string {
  const puts = itemsJson.map((itemJson) => `{"PutRequest":{"Item":${itemJson}}}`);
  return `{"RequestItems":{${JSON.stringify(tableName)}:[${puts.join(',')}]}}`;
}

/** What the answer to a PutItem confirms: all of it, if it is an answer of DynamoDB at all. */
export function putOutcome(answer: unknown): PutOutcome {
  return isJsonObject(answer) ? 'stored' : 'unknown';
}

/**
 * What the answer to a BatchWriteItem confirms: each reading that it does not name as left over.
 * Nothing if it does not say what is left, were it only {}, or names what was not sent.
 */
export function batchOutcomes(
  readings: readonly StoredReading[],
  answer: unknown,
): readonly PutOutcome[] {
  const left = leftoverKeys(answer);
  const outcomes = readings.map((reading): PutOutcome =>
    left?.delete(readingKey(reading)) ? 'not-stored' : 'stored',
  );
  return left?.size === 0 ? outcomes : readings.map(() => 'unknown');
}

/** Undefined when the answer does not say what is left. */
function leftoverKeys(answer: unknown): Set<string> | undefined {
  const tables = isJsonObject(answer) ? answer['UnprocessedItems'] : undefined;
  if (!isJsonObject(tables)) return undefined;
  return new Set(Object.values(tables).flat().map(leftoverKey));
}

/** Of what is no put of a reading, a key that no reading has. */
function leftoverKey(leftover: unknown): string {
  const item = entryOf(entryOf(leftover, 'PutRequest'), 'Item');
  const equipmentId = entryOf(entryOf(item, 'equipmentId'), 'S');
  return `${String(equipmentId)} ${String(entryOf(entryOf(item, 'timestamp'), 'S'))}`;
}

function entryOf(value: unknown, name: string): unknown {
  return isJsonObject(value) ? value[name] : undefined;
}
