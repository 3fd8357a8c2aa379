import type { StreamSourceDefinition } from '@sensorflow/platform/resources/event-sources.js';
import type { StreamRecord } from './stream-record.js';

/** Records of one shard, in order, that go to the function together. */
export interface PendingBatch {
  readonly records: readonly StreamRecord[];
  /** Failed deliveries that counted against the quota. */
  readonly retries: number;
}

export type DeliveryOutcome =
  | { readonly kind: 'success' }
  | { readonly kind: 'failed' }
  /** The lowest record that the function reported; those before it are done. */
  | { readonly kind: 'failed-from'; readonly index: number };

/** What follows from a delivery: records that are done, records given up, batches to deliver in this place. */
export interface NextStep {
  /** The sequence number up to which the shard is done, after `discarded` is safe. */
  readonly checkpoint?: string;
  readonly discarded?: DiscardedBatch;
  readonly remaining: readonly PendingBatch[];
  readonly waitBeforeRetry: boolean;
}

export interface DiscardedBatch {
  readonly records: readonly StreamRecord[];
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  readonly invokeCount: number;
}

/** Lambda's rules for a stream batch, as a pure function. -1 retries or seconds are endless. */
export function stepAfter(
  batch: PendingBatch,
  outcome: DeliveryOutcome,
  source: StreamSourceDefinition,
  nowEpochMs: number,
): NextStep {
  if (outcome.kind === 'success') return done(batch.records, []);
  if (outcome.kind === 'failed-from' && outcome.index > 0) {
    const rest = batch.records.slice(outcome.index);
    return done(batch.records.slice(0, outcome.index), [{ records: rest, retries: 0 }]);
  }
  return stepAfterFailure(batch, source, nowEpochMs);
}

/**
 * A report that names the first record makes no progress and counts as a failure of the whole batch, so that bisecting
 * isolates it: otherwise its exhausted retries would discard all the records behind it.
 */
function stepAfterFailure(
  batch: PendingBatch,
  source: StreamSourceDefinition,
  nowEpochMs: number,
): NextStep {
  const expired = expiredCount(batch.records, source.maximumRecordAgeSeconds, nowEpochMs);
  if (expired > 0) return discardFirst(expired, batch, 'RecordAgeExceeded');
  if (source.bisectBatchOnFunctionError && batch.records.length > 1) return bisect(batch);
  const isExhausted =
    source.maximumRetryAttempts >= 0 && batch.retries >= source.maximumRetryAttempts;
  if (isExhausted) return discardFirst(batch.records.length, batch, 'RetryAttemptsExhausted');
  return { remaining: [{ ...batch, retries: batch.retries + 1 }], waitBeforeRetry: true };
}

/** Splitting does not consume the retry quota. */
function bisect({ records, retries }: PendingBatch): NextStep {
  const middle = Math.ceil(records.length / 2);
  const halves = [records.slice(0, middle), records.slice(middle)];
  return { remaining: halves.map((half) => ({ records: half, retries })), waitBeforeRetry: false };
}

function discardFirst(
  count: number,
  batch: PendingBatch,
  condition: DiscardedBatch['condition'],
): NextStep {
  const records = batch.records.slice(0, count);
  const rest = batch.records.slice(count);
  const step = done(records, rest.length > 0 ? [{ records: rest, retries: 0 }] : []);
  return { ...step, discarded: { records, condition, invokeCount: batch.retries + 1 } };
}

function done(records: readonly StreamRecord[], remaining: readonly PendingBatch[]): NextStep {
  const last = records.at(-1);
  return {
    ...(last !== undefined && { checkpoint: last.dynamodb.SequenceNumber }),
    remaining,
    waitBeforeRetry: false,
  };
}

/**
 * Only failed records come here: unlike Lambda we deliver an old record once, because this machine may have been
 * off for longer than the maximum age, and nothing that was accepted may be lost by that.
 */
function expiredCount(
  records: readonly StreamRecord[],
  maximumAgeSeconds: number,
  nowEpochMs: number,
): number {
  if (maximumAgeSeconds < 0) return 0;
  const oldestKept = nowEpochMs / 1000 - maximumAgeSeconds;
  const isExpired = (record: StreamRecord): boolean =>
    (record.dynamodb.ApproximateCreationDateTime ?? Infinity) < oldestKept;
  const firstKept = records.findIndex((record) => !isExpired(record));
  return firstKept === -1 ? records.length : firstKept;
}
