import { member } from './json-member.js';

/** A change of an item, as the table's stream reports it to a Lambda function. Only the number is checked. */
export interface StreamRecord {
  /** The stream's name for this record; opaque. */
  readonly sequenceNumber: string;
  readonly eventName: unknown;
  readonly userIdentity: unknown;
  readonly createdAtEpochSeconds: unknown;
  readonly keys: unknown;
  readonly oldImage: unknown;
  readonly newImage: unknown;
}

/**
 * Reads the records of a Lambda event once, for all who use them. Throws a TypeError for an event in which
 * failures could not even be reported, which makes Lambda repeat the whole batch.
 */
export function streamRecordsOf(event: unknown): readonly StreamRecord[] {
  const records = member(event, 'Records');
  if (!Array.isArray(records)) throw new TypeError('the event has no Records');
  return records.map(toStreamRecord);
}

function toStreamRecord(record: unknown): StreamRecord {
  const change = member(record, 'dynamodb');
  const sequenceNumber = member(change, 'SequenceNumber');
  if (typeof sequenceNumber !== 'string' || sequenceNumber === '') {
    throw new TypeError('a record has no SequenceNumber');
  }
  return {
    sequenceNumber,
    eventName: member(record, 'eventName'),
    userIdentity: member(record, 'userIdentity'),
    createdAtEpochSeconds: member(change, 'ApproximateCreationDateTime'),
    keys: member(change, 'Keys'),
    oldImage: member(change, 'OldImage'),
    newImage: member(change, 'NewImage'),
  };
}
