import { DomainError } from '@sensorflow/kernel';
import { SEND_AGAIN, type BatchVerdict } from './batch-verdict.js';
import { TOO_MANY_NEW_METRIC_NAMES } from './metric-name-limit.js';
import { RETRY_AFTER_SECONDS } from './reading-writer.js';

/** @param waitMs until the caller may bring the reading's new names */
export function readingThrottled(waitMs: number): DomainError {
  return throttled('The reading was not stored; send it again.', waitMs);
}

/** Throttled readings count as unconfirmed, so that sending all unconfirmed ones again loses nothing. */
export function batchThrottled(verdict: BatchVerdict, waitMs: number): DomainError {
  return throttled(SEND_AGAIN, waitMs, { ...verdict });
}

function throttled(
  advice: string,
  waitMs: number,
  extensions: Readonly<Record<string, unknown>> = {},
): DomainError {
  const { code, detail } = TOO_MANY_NEW_METRIC_NAMES;
  const retryAfterSeconds = Math.max(RETRY_AFTER_SECONDS, Math.ceil(waitMs / 1000));
  return new DomainError('throttled', code, `${detail} ${advice}`, {
    extensions,
    retryAfterSeconds,
  });
}

export function namesUnknown(): DomainError {
  return new DomainError(
    'unavailable',
    'metric-names-unknown',
    'The number of metric names cannot be checked right now. The reading was not stored; send it again.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
