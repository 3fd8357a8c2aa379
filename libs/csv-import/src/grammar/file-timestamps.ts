import type { Parsed } from '@sensorflow/kernel';
import type { Retention } from '@sensorflow/sensor-data';
import type { ImportOptions } from './import-options.js';
import { ISO_FORMAT, parseTimestampFormat } from './timestamp-format.js';
import { timestampReader, type TimestampReader } from './timestamp-reader.js';
import { parseTimezone } from './timezone.js';

type TimeOptions = Pick<ImportOptions, 'timestampFormat' | 'timezone' | 'repeatedHour' | 'decimal'>;

/**
 * The reader of a file's timestamps, as its options say; they are valid. `state`: of the reader that read the
 * rows in front of those that come.
 */
export function timestampsOf(
  { timestampFormat, timezone, repeatedHour, decimal }: TimeOptions,
  retention: Retention,
  state?: string,
): TimestampReader {
  const format =
    timestampFormat === undefined ? ISO_FORMAT : valid(parseTimestampFormat(timestampFormat));
  const zone = timezone === undefined ? undefined : valid(parseTimezone(timezone));
  return timestampReader({ format, timezone: zone, repeatedHour, decimal }, retention, state);
}

function valid<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new Error(`an import was opened with an option that is not valid: ${parsed.fault.detail}`);
}
