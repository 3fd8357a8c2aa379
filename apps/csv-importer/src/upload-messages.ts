import type { RunRequest } from '@sensorflow/csv-import';
import { uploadIdOfKey } from '@sensorflow/csv-import/s3/object-keys.js';

/** One message of the uploads queue, as Lambda hands it over. */
export interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
}

/** What a message asks for; `ignored` says why a part of it asks for nothing. */
export interface UploadMessage {
  readonly requests: readonly RunRequest[];
  readonly ignored: readonly string[];
}

/** The messages of an SQS event. Throws TypeError for an event of another shape. */
export function queueRecordsOf(event: unknown): readonly QueueRecord[] {
  return listOf(event, 'Records').map((record) => ({
    messageId: textOf(record, 'messageId'),
    body: textOf(record, 'body'),
  }));
}

/**
 * Reads S3's notifications and our own continuations. Throws for any other message: it belongs into
 * the dead-letter queue, where somebody looks at it.
 */
export function readUploadMessage({ messageId, body }: QueueRecord): UploadMessage {
  const document: unknown = JSON.parse(body);
  if (memberOf(document, 'Event') === 's3:TestEvent') {
    return { requests: [], ignored: ['S3 tested its notifications'] };
  }
  const continued = memberOf(document, 'continueImport');
  if (typeof continued === 'string') {
    return { requests: [{ uploadId: continued, messageId, object: undefined }], ignored: [] };
  }
  const read = listOf(document, 'Records').map((record) => readNotification(record, messageId));
  return {
    requests: read.filter((one) => typeof one !== 'string'),
    ignored: read.filter((one) => typeof one === 'string'),
  };
}

function readNotification(record: unknown, messageId: string): RunRequest | string {
  if (!textOf(record, 'eventName').startsWith('ObjectCreated:')) return 'not a new object';
  const object = memberOf(memberOf(record, 's3'), 'object');
  const uploadId = uploadIdOfKey(decodedKey(textOf(object, 'key')));
  if (uploadId === undefined) return 'not an upload';
  const size = memberOf(object, 'size');
  if (typeof size !== 'number') throw new TypeError('size is no number');
  return { uploadId, messageId, object: { etag: textOf(object, 'eTag'), bytes: size } };
}

/** Keys in events are URL-encoded, with `+` for a space. */
function decodedKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textOf(value: unknown, name: string): string {
  const member = memberOf(value, name);
  if (typeof member !== 'string') throw new TypeError(`${name} is no text`);
  return member;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const member = memberOf(value, name);
  if (!Array.isArray(member)) throw new TypeError(`${name} is no list`);
  return member;
}
