import { refused, type Instant, type Parsed } from '@sensorflow/kernel';
import type { Retention } from '@sensorflow/sensor-data';
import { ISO_FORMAT } from './timestamp-format.js';
import { timestampReader as readerOf } from './timestamp-reader.js';
import { parseTimezone } from './timezone.js';

/** Reads a row's timestamp cell. */
export type TimestampReader = (text: string, nowEpochMs: number) => Parsed<Instant>;

/** Timestamps with an offset mean what they say. Those without are read in `timezone`, where there is one. */
export function timestampReader(
  timezone: string | undefined,
  retention: Retention,
): TimestampReader {
  const parsed = timezone === undefined ? undefined : parseTimezone(timezone);
  if (parsed?.ok === false) return () => refused(parsed.fault.code, parsed.fault.detail);
  const reader = readerOf(
    { format: ISO_FORMAT, timezone: parsed?.value, repeatedHour: 'reject' },
    retention,
  );
  return (text, nowEpochMs) => reader.read(text, nowEpochMs);
}
