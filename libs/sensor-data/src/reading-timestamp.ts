import {
  instantFromEpochMs,
  parseInstant,
  refused,
  type Instant,
  type Parsed,
} from '@sensorflow/kernel';

/** Clocks of sensors run ahead; further than this, the date is wrong rather than the clock. */
const MAX_AHEAD_MS = 10 * 60 * 1000;

/**
 * The instant of a reading: what `parseInstant` takes, at most ten minutes ahead of now.
 * Faults: those of `parseInstant`, `timestamp-missing` (empty text), `timestamp-in-future`.
 */
export function parseReadingTimestamp(text: string, nowEpochMs: number): Parsed<Instant> {
  if (text === '') return refused('timestamp-missing', 'A reading says when it was taken.');
  const parsed = parseInstant(text);
  if (parsed.ok && parsed.value > latestAcceptedAt(nowEpochMs)) {
    return refused(
      'timestamp-in-future',
      "The timestamp lies more than ten minutes ahead of the server's clock.",
    );
  }
  return parsed;
}

let latest = { nowEpochMs: Number.NaN, instant: '' };

/** Remembered for the millisecond: a file has a hundred rows in one, and formatting a date is slow. */
function latestAcceptedAt(nowEpochMs: number): string {
  if (latest.nowEpochMs !== nowEpochMs) {
    latest = { nowEpochMs, instant: instantFromEpochMs(nowEpochMs + MAX_AHEAD_MS) };
  }
  return latest.instant;
}
