import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { parseInstant, type Instant } from '@sensorflow/kernel';
import { DEFAULT_METRIC, type ReadingIdentity, type StoredReading } from '../reading.js';

/** A reading as DynamoDB holds it: see READINGS_TABLE for its keys. */
export type ReadingItem = Record<string, AttributeValue>;

export function keyOf({ equipmentId, timestamp }: ReadingIdentity): ReadingItem {
  return { equipmentId: { S: equipmentId }, timestamp: { S: timestamp } };
}

/**
 * The item as DynamoDB's JSON; written at once, because building it as an object first costs as much again.
 *
 * @param expiresAtEpochSeconds from when on DynamoDB may remove it; undefined for never
 */
export function readingItemJson(reading: StoredReading, expiresAtEpochSeconds?: number): string {
  const { equipmentId, timestamp, values, tags, registerTime } = reading;
  const expiry =
    expiresAtEpochSeconds === undefined ? '' : `"expiresAt":${numberJson(expiresAtEpochSeconds)},`;
  // An instant has no letter that JSON escapes.
  return (
    `{"equipmentId":{"S":${JSON.stringify(equipmentId)}},"timestamp":{"S":"${timestamp}"},` +
    `${metricsJson(values)},${tagsJson(tags)}${expiry}"registerTime":{"S":"${registerTime}"}}`
  );
}

/** The same as an object, for what is written now and then. */
export function toReadingItem(reading: StoredReading, expiresAtEpochSeconds?: number): ReadingItem {
  return JSON.parse(readingItemJson(reading, expiresAtEpochSeconds));
}

function metricsJson(values: ReadonlyMap<string, number>): string {
  const value = values.get(DEFAULT_METRIC);
  if (value !== undefined && values.size === 1) return `"value":${numberJson(value)}`;
  return `"values":${mapJson(values, numberJson)}`;
}

/** The shortest decimal of a double has at most 17 digits; DynamoDB keeps 38. */
function numberJson(value: number): string {
  return `{"N":"${value}"}`;
}

function tagsJson(tags: ReadonlyMap<string, string>): string {
  if (tags.size === 0) return '';
  return `"tags":${mapJson(tags, (text) => `{"S":${JSON.stringify(text)}}`)},`;
}

function mapJson<T>(map: ReadonlyMap<string, T>, write: (value: T) => string): string {
  const entries = Array.from(map, ([name, value]) => `${JSON.stringify(name)}:${write(value)}`);
  return `{"M":{${entries.join(',')}}}`;
}

/** Throws when the item is none that `readingItemJson` wrote: the table was changed behind our back. */
export function fromReadingItem(item: ReadingItem): StoredReading {
  const equipmentId = item['equipmentId']?.S;
  if (equipmentId === undefined) throw unreadable(item, 'equipmentId');
  return {
    equipmentId,
    timestamp: instantAt(item, 'timestamp'),
    values: metricsOf(item),
    tags: tagsOf(item),
    registerTime: instantAt(item, 'registerTime'),
  };
}

function instantAt(item: ReadingItem, name: string): Instant {
  const text = item[name]?.S;
  const parsed = parseInstant(text ?? '');
  if (!parsed.ok || parsed.value !== text) throw unreadable(item, name);
  return parsed.value;
}

function metricsOf(item: ReadingItem): ReadonlyMap<string, number> {
  const only = item['value']?.N;
  const entries = only === undefined ? Object.entries(item['values']?.M ?? {}) : undefined;
  if (entries?.length === 0) throw unreadable(item, 'values');
  return new Map(
    entries?.map(([metric, attribute]) => [metric, numberOf(item, attribute.N)]) ?? [
      [DEFAULT_METRIC, numberOf(item, only)],
    ],
  );
}

function numberOf(item: ReadingItem, text: string | undefined): number {
  const number = text === undefined || text === '' ? NaN : Number(text);
  if (!Number.isFinite(number)) throw unreadable(item, 'a number');
  return number;
}

function tagsOf(item: ReadingItem): ReadonlyMap<string, string> {
  const tags = Object.entries(item['tags']?.M ?? {});
  return new Map(
    tags.map(([name, attribute]) => {
      if (attribute.S === undefined) throw unreadable(item, 'tags');
      return [name, attribute.S];
    }),
  );
}

function unreadable(item: ReadingItem, attribute: string): Error {
  const key = `${item['equipmentId']?.S ?? '?'} ${item['timestamp']?.S ?? '?'}`;
  return new Error(`The item of reading ${key} is unreadable: ${attribute}`);
}
