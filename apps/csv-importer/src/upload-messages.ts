import type { RunRequest } from '@sensorflow/csv-import';
import { uploadIdOfKey } from '@sensorflow/csv-import/s3/object-keys.js';
import { member } from '@sensorflow/platform/aws/json-member.js';
import { UPLOADS_QUEUE_SOURCE } from '@sensorflow/platform/resources/event-sources.js';

/** One message of the uploads queue, as Lambda hands it over. */
export interface QueueRecord {
  readonly messageId: string;
  /** Of this delivery; undefined where the event has none. */
  readonly receiptHandle: string | undefined;
  readonly body: string;
  /** Of this message so far, this one included. */
  readonly deliveries: number;
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
    receiptHandle: receiptHandleOf(record),
    body: textOf(record, 'body'),
    deliveries: deliveriesOf(record),
  }));
}

/**
 * Reads S3's notifications and our own continuations. Throws for any other message: it belongs into
 * the dead-letter queue, where somebody looks at it.
 */
export function readUploadMessage(record: QueueRecord): UploadMessage {
  const document: unknown = JSON.parse(record.body);
  if (member(document, 'Event') === 's3:TestEvent') {
    return { requests: [], ignored: ['S3 tested its notifications'] };
  }
  const continued = member(document, 'continueImport');
  if (typeof continued === 'string') {
    return { requests: [requestOf(record, continued, undefined)], ignored: [] };
  }
  const read = listOf(document, 'Records').map((event) => readNotification(event, record));
  return {
    requests: read.filter((one) => typeof one !== 'string'),
    ignored: read.filter((one) => typeof one === 'string'),
  };
}

function readNotification(event: unknown, record: QueueRecord): RunRequest | string {
  if (!textOf(event, 'eventName').startsWith('ObjectCreated:')) return 'not a new object';
  const object = member(member(event, 's3'), 'object');
  const uploadId = uploadIdOfKey(decodedKey(textOf(object, 'key')));
  if (uploadId === undefined) return 'not an upload';
  const size = member(object, 'size');
  if (typeof size !== 'number') throw new TypeError('size is no number');
  return requestOf(record, uploadId, { etag: textOf(object, 'eTag'), bytes: size });
}

function requestOf(
  { messageId, deliveries }: QueueRecord,
  uploadId: string,
  object: RunRequest['object'],
): RunRequest {
  const isLastDelivery = deliveries >= UPLOADS_QUEUE_SOURCE.maxReceiveCount;
  return { uploadId, messageId, object, deliveries, isLastDelivery };
}

function receiptHandleOf(record: unknown): string | undefined {
  const handle = member(record, 'receiptHandle');
  return typeof handle === 'string' ? handle : undefined;
}

/** A count that is missing or none is the first: it must not cost an import its deliveries. */
function deliveriesOf(record: unknown): number {
  const count = Number(member(member(record, 'attributes'), 'ApproximateReceiveCount'));
  return Number.isSafeInteger(count) && count > 0 ? count : 1;
}

/** Keys in events are URL-encoded, with `+` for a space. */
function decodedKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}

function textOf(value: unknown, name: string): string {
  const text = member(value, name);
  if (typeof text !== 'string') throw new TypeError(`${name} is no text`);
  return text;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = member(value, name);
  if (!Array.isArray(list)) throw new TypeError(`${name} is no list`);
  return list;
}
