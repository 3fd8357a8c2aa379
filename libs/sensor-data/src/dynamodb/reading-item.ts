import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { parseInstant, type Instant } from '@sensorflow/kernel';
import { DEFAULT_METRIC, type StoredReading } from '../reading.js';

/** A reading as DynamoDB holds it: see READINGS_TABLE for its keys. */
export type ReadingItem = Record<string, AttributeValue>;

export function toReadingItem(reading: StoredReading): ReadingItem {
  return {
    equipmentId: { S: reading.equipmentId },
    timestamp: { S: reading.timestamp },
    ...metricAttributes(reading.values),
    ...(reading.tags.size > 0 && { tags: { M: mapValues(reading.tags, (S) => ({ S })) } }),
    registerTime: { S: reading.registerTime },
  };
}

function metricAttributes(values: ReadonlyMap<string, number>): ReadingItem {
  const value = values.get(DEFAULT_METRIC);
  // The shortest decimal of a double has at most 17 digits; DynamoDB keeps 38.
  if (value !== undefined && values.size === 1) return { value: { N: String(value) } };
  return { values: { M: mapValues(values, (number) => ({ N: String(number) })) } };
}

/** Throws when the item is none that `toReadingItem` wrote: the table was changed behind our back. */
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

function mapValues<T>(
  map: ReadonlyMap<string, T>,
  convert: (value: T) => AttributeValue,
): Record<string, AttributeValue> {
  return Object.fromEntries([...map].map(([name, value]) => [name, convert(value)]));
}
