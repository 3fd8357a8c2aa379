import {
  accepted,
  instantFromEpochMs,
  parseInstant,
  refused,
  type Fault,
  type Instant,
  type Parsed,
} from '@sensorflow/kernel';
import type { Retention } from './retention.js';

export const READING_TOO_OLD: Fault = {
  code: 'reading-too-old',
  detail: 'Readings are not kept long enough for this instant to be written or removed any more.',
};

/** Clocks of sensors run ahead; further than this, the date is wrong rather than the clock. */
const MAX_AHEAD_MS = 10 * 60 * 1000;

/**
 * The instant of a reading: what `parseInstant` takes, and `withinAcceptedTime` too. Faults: those of both,
 * and `timestamp-missing` (empty text).
 */
export function parseReadingTimestamp(
  text: string,
  nowEpochMs: number,
  retention: Retention,
): Parsed<Instant> {
  if (text === '') return refused('timestamp-missing', 'A reading says when it was taken.');
  const parsed = parseInstant(text);
  return parsed.ok ? withinAcceptedTime(parsed.value, nowEpochMs, retention) : parsed;
}

/**
 * The instant itself, when it is at most ten minutes ahead of now, and not so old that it would soon expire.
 * Faults: `timestamp-in-future`, `reading-too-old`.
 */
export function withinAcceptedTime(
  instant: Instant,
  nowEpochMs: number,
  retention: Retention,
): Parsed<Instant> {
  if (instant > latestAcceptedAt(nowEpochMs)) {
    return refused(
      'timestamp-in-future',
      "The timestamp lies more than ten minutes ahead of the server's clock.",
    );
  }
  if (retention.isTooOld(instant, nowEpochMs)) return { ok: false, fault: READING_TOO_OLD };
  return accepted(instant);
}

let latest = { nowEpochMs: Number.NaN, instant: '' };

/** Remembered for the millisecond: a file has a hundred rows in one, and formatting a date is slow. */
function latestAcceptedAt(nowEpochMs: number): string {
  if (latest.nowEpochMs !== nowEpochMs) {
    latest = { nowEpochMs, instant: instantFromEpochMs(nowEpochMs + MAX_AHEAD_MS) };
  }
  return latest.instant;
}
