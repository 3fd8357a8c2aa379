import { member } from '@sensorflow/platform/aws/json-member.js';
import type { StreamChange } from '../stream-batch-aggregator.js';
import { dirtyByCell } from './cell-stream-record.js';
import { isExpiry } from './expiry-record.js';
import { dirtyByReading } from './reading-stream-record.js';

/**
 * Reads the records of a Lambda event from the readings' or the aggregates' stream; the two differ by
 * their keys. Throws a TypeError for an event in which failures could not even be reported, which makes
 * Lambda repeat the whole batch.
 */
export function streamChangesOf(event: unknown): readonly StreamChange[] {
  const records = member(event, 'Records');
  if (!Array.isArray(records)) throw new TypeError('the event has no Records');
  return records.map((record) => {
    const change = member(record, 'dynamodb');
    const sequenceNumber = member(change, 'SequenceNumber');
    if (typeof sequenceNumber !== 'string' || sequenceNumber === '') {
      throw new TypeError('a record has no SequenceNumber');
    }
    const keys = member(change, 'Keys');
    const isOfCell = member(keys, 'partition') !== undefined;
    if (isOfCell) return { sequenceNumber, dirty: dirtyByCell(change, keys) };
    return { sequenceNumber, dirty: isExpiry(record) ? 'nothing' : dirtyByReading(keys) };
  });
}
