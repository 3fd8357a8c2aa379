import { parseInstant, type Instant } from '@sensorflow/kernel';
import type { ReadingChange } from '../stream-batch-aggregator.js';

/**
 * Reads the records of a Lambda event from the readings' stream. Only keys and sequence numbers are
 * looked at: an insertion, a correction and a removal all mean the same. Throws a TypeError for an
 * event in which failures could not even be reported, which makes Lambda repeat the whole batch.
 */
export function readingChangesOf(event: unknown): readonly ReadingChange[] {
  const records = member(event, 'Records');
  if (!Array.isArray(records)) throw new TypeError('the event has no Records');
  return records.map((record) => {
    const change = member(record, 'dynamodb');
    const sequenceNumber = member(change, 'SequenceNumber');
    if (typeof sequenceNumber !== 'string' || sequenceNumber === '') {
      throw new TypeError('a record has no SequenceNumber');
    }
    return { sequenceNumber, reading: readingOf(member(change, 'Keys')) };
  });
}

function readingOf(keys: unknown): ReadingChange['reading'] {
  const equipmentId = member(member(keys, 'equipmentId'), 'S');
  const timestamp = canonicalInstant(member(member(keys, 'timestamp'), 'S'));
  if (typeof equipmentId !== 'string' || equipmentId === '') return undefined;
  return timestamp && { equipmentId, timestamp };
}

/** Another writing of the instant would be another key in the table, outside its hour's range. */
function canonicalInstant(text: unknown): Instant | undefined {
  if (typeof text !== 'string') return undefined;
  const parsed = parseInstant(text);
  return parsed.ok && parsed.value === text ? parsed.value : undefined;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  const found: unknown = Reflect.get(value, name);
  return found;
}
