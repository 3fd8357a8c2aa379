import { accepted, parseInstant, refused, type Instant, type Parsed } from '@sensorflow/kernel';
import { parseReadingTimestamp, type Retention } from '@sensorflow/sensor-data';
import { Temporal } from 'temporal-polyfill';

/** Reads a row's timestamp cell. */
export type TimestampReader = (text: string, nowEpochMs: number) => Parsed<Instant>;

/** A date and a time of day without an offset; spreadsheets put a space in place of the T. */
const LOCAL_TIME = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)$/;
const HOUR_LENGTH = 'yyyy-mm-ddThh'.length;
const NANOSECONDS_PER_MINUTE = 60_000_000_000;
const MAX_REMEMBERED_HOURS = 10_000;

/**
 * Timestamps with an offset mean what they say. Those without are read in `timezone`, where there is
 * one; a time that the zone's clocks showed twice or never is refused, because either guess would
 * be wrong half of the time. Further faults: `timestamp-ambiguous`, `timestamp-nonexistent`.
 */
export function timestampReader(
  timezone: string | undefined,
  retention: Retention,
): TimestampReader {
  const parse: TimestampReader = (text, nowEpochMs) =>
    parseReadingTimestamp(text, nowEpochMs, retention);
  if (timezone === undefined) return parse;
  const offsets = new HourOffsets(timezone);
  return (text, nowEpochMs) => {
    const match = LOCAL_TIME.exec(text);
    if (!match) return parse(text, nowEpochMs);
    const local = `${match[1]}T${match[2]}`;
    // Z only to have the date and the time of day checked: Temporal takes second 60 for 59.
    const checked = parseInstant(`${local}Z`);
    if (!checked.ok) return checked;
    const offset = offsets.of(local);
    if (offset !== undefined) return parse(`${local}${offset}`, nowEpochMs);
    const inZone = instantInZone(local, timezone);
    return inZone.ok ? parse(inZone.value, nowEpochMs) : inZone;
  };
}

function instantInZone(local: string, timezone: string): Parsed<string> {
  const plain = Temporal.PlainDateTime.from(local);
  const earlier = plain.toZonedDateTime(timezone, { disambiguation: 'earlier' });
  const later = plain.toZonedDateTime(timezone, { disambiguation: 'later' });
  if (earlier.epochNanoseconds === later.epochNanoseconds) {
    return accepted(earlier.toInstant().toString({ fractionalSecondDigits: 9 }));
  }
  return earlier.toPlainDateTime().equals(plain)
    ? refused('timestamp-ambiguous', `Clocks in ${timezone} showed this time twice.`)
    : refused('timestamp-nonexistent', `Clocks in ${timezone} skipped this time.`);
}

/** Asks Temporal once an hour instead of once a row: the offset changes twice a year. */
class HourOffsets {
  private readonly known = new Map<string, string | undefined>();

  constructor(private readonly timezone: string) {}

  /** The offset of the whole hour as text, or undefined when the hour has not one such offset. */
  of(local: string): string | undefined {
    const hour = local.slice(0, HOUR_LENGTH);
    if (this.known.has(hour)) return this.known.get(hour);
    if (this.known.size >= MAX_REMEMBERED_HOURS) this.known.clear();
    const offset = this.offsetOf(hour);
    this.known.set(hour, offset);
    return offset;
  }

  private offsetOf(hour: string): string | undefined {
    const first = this.certainOffset(`${hour}:00:00`);
    const last = this.certainOffset(`${hour}:59:59.999999999`);
    if (first === undefined || first !== last || first % NANOSECONDS_PER_MINUTE !== 0) {
      return undefined;
    }
    const minutes = Math.abs(first) / NANOSECONDS_PER_MINUTE;
    const hours = String(Math.floor(minutes / 60)).padStart(2, '0');
    return `${first < 0 ? '-' : '+'}${hours}:${String(minutes % 60).padStart(2, '0')}`;
  }

  private certainOffset(local: string): number | undefined {
    const plain = Temporal.PlainDateTime.from(local);
    const earlier = plain.toZonedDateTime(this.timezone, { disambiguation: 'earlier' });
    const later = plain.toZonedDateTime(this.timezone, { disambiguation: 'later' });
    return earlier.epochNanoseconds === later.epochNanoseconds
      ? earlier.offsetNanoseconds
      : undefined;
  }
}
