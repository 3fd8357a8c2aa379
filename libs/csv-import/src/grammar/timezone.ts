import { accepted, refused, type Parsed } from '@sensorflow/kernel';
import { Temporal } from 'temporal-polyfill';

/** What timestamps without offset mean: a fixed distance from UTC, or the clocks of a zone. */
export interface Timezone {
  /** As it was named, without blanks: `Europe/Berlin`, `+01:00`, `UTC+1`. */
  readonly text: string;
  /** Undefined for a zone that has a name. */
  readonly offsetMinutes: number | undefined;
}

const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;
const FIXED_OFFSET = /^(?:UTC|GMT)? ?([+-])(\d{1,2})(?::?(\d{2}))?$/i;
/** `CST`, `CEST` */
const SHORT_WORD = /^[A-Za-z]{3,4}$/;
/** No zone on Earth lies further from UTC than these. */
const MAX_OFFSET_MINUTES = 14 * 60;
const MIN_OFFSET_MINUTES = -12 * 60;

/**
 * Reads an IANA name such as `Europe/Berlin`, or an offset such as `+01:00`, `+0100`, `UTC+1` or `GMT+2`, which
 * lies east of Greenwich (the IANA name `Etc/GMT+2` lies west of it). Fault: `timezone-invalid`.
 */
export function parseTimezone(text: string): Parsed<Timezone> {
  const match = text.length <= 16 ? FIXED_OFFSET.exec(text) : null;
  if (match) return fixedOffset(text, match);
  if (isZoneName(text)) return accepted({ text, offsetMinutes: undefined });
  return SHORT_WORD.test(text) ? AMBIGUOUS : INVALID;
}

const INVALID = refused(
  'timezone-invalid',
  'The time zone is an IANA name such as Europe/Berlin, or an offset from -12:00 to +14:00 such as +01:00.',
);
const AMBIGUOUS = refused(
  'timezone-invalid',
  'A short word such as CST can mean several zones: write an IANA name such as America/Chicago, or an offset such as -06:00.',
);

function fixedOffset(text: string, [, sign, hours, minutes = '0']: RegExpExecArray) {
  const distance = Number(hours) * 60 + Number(minutes);
  const offsetMinutes = sign === '-' ? 0 - distance : distance;
  const isOffset =
    Number(minutes) < 60 &&
    offsetMinutes >= MIN_OFFSET_MINUTES &&
    offsetMinutes <= MAX_OFFSET_MINUTES;
  return isOffset ? accepted({ text, offsetMinutes }) : INVALID;
}

/** Asks Temporal, as the clock does: Intl knows words that it does not, such as CST. */
function isZoneName(name: string): boolean {
  if (!ZONE_NAME.test(name)) return false;
  try {
    EPOCH.toZonedDateTime(name);
    return true;
  } catch {
    return false;
  }
}

const EPOCH = Temporal.PlainDateTime.from('1970-01-01T00:00');

const HOUR_SECONDS = 3600;
const MAX_REMEMBERED_HOURS = 10_000;

/**
 * Seconds since 1970 of a time that clocks showed: `earlier` and `later` differ where they showed it twice. A
 * time that they skipped has none.
 */
export interface ZonedSeconds {
  readonly earlier: number;
  readonly later: number;
}

/** What the clocks of a zone were from UTC in a minute of local time; undefined where they skipped it. */
type MinuteOffsets = { readonly earlier: number; readonly later: number } | undefined;

/**
 * Turns what clocks showed into UTC. Local times are seconds, counted as if the clocks showed UTC. Asks Temporal
 * once an hour instead of once a row: the offset changes twice a year. In the hours where it does, once a minute.
 */
export class ZoneClock {
  private readonly known = new Map<number, number | undefined>();
  private readonly minutes = new Map<number, MinuteOffsets>();
  private readonly repeated = new Map<number, boolean>();

  constructor(private readonly timezone: Timezone) {}

  /** Undefined for a time that the clocks skipped. */
  at(localSeconds: number): ZonedSeconds | undefined {
    const offset = this.offsetOfHour(Math.floor(localSeconds / HOUR_SECONDS));
    if (offset === undefined) return this.atMinute(localSeconds);
    const seconds = localSeconds - offset;
    return { earlier: seconds, later: seconds };
  }

  /** The offset in seconds of a whole hour of local time; undefined when it has not one alone. */
  offsetOfHour(localHour: number): number | undefined {
    const { offsetMinutes } = this.timezone;
    if (offsetMinutes !== undefined) return offsetMinutes * 60;
    if (this.known.has(localHour)) return this.known.get(localHour);
    if (this.known.size >= MAX_REMEMBERED_HOURS) {
      this.known.clear();
      this.repeated.clear();
    }
    const offset = this.certainOffset(localHour * HOUR_SECONDS);
    this.known.set(localHour, offset);
    return offset;
  }

  /** Whether some time of this hour was shown twice. */
  isRepeated(localHour: number): boolean {
    if (this.offsetOfHour(localHour) !== undefined) return false;
    const known = this.repeated.get(localHour);
    if (known !== undefined) return known;
    const first = localHour * HOUR_SECONDS;
    const isRepeated = [first, first + HOUR_SECONDS - 1].some((localSeconds) => {
      const zoned = this.ask(localSeconds);
      return zoned !== undefined && zoned.earlier !== zoned.later;
    });
    this.repeated.set(localHour, isRepeated);
    return isRepeated;
  }

  private atMinute(localSeconds: number): ZonedSeconds | undefined {
    const minute = Math.floor(localSeconds / 60);
    if (!this.minutes.has(minute)) {
      const [first, last] = [this.ask(minute * 60), this.ask(minute * 60 + 59)];
      const isWhole =
        first?.earlier === (last && last.earlier - 59) &&
        first?.later === (last && last.later - 59);
      // No clock has been set within a minute since the last century.
      if (!isWhole) return this.ask(localSeconds);
      if (this.minutes.size >= MAX_REMEMBERED_HOURS) this.minutes.clear();
      const start = minute * 60;
      this.minutes.set(
        minute,
        first && { earlier: start - first.earlier, later: start - first.later },
      );
    }
    const offsets = this.minutes.get(minute);
    return (
      offsets && { earlier: localSeconds - offsets.earlier, later: localSeconds - offsets.later }
    );
  }

  private certainOffset(firstSeconds: number): number | undefined {
    const first = this.ask(firstSeconds);
    const last = this.ask(firstSeconds + HOUR_SECONDS - 1);
    if (first?.earlier !== first?.later || last?.earlier !== last?.later) return undefined;
    if (!first || last?.earlier !== first.earlier + HOUR_SECONDS - 1) return undefined;
    return firstSeconds - first.earlier;
  }

  private ask(localSeconds: number): ZonedSeconds | undefined {
    const plain = Temporal.PlainDateTime.from(
      new Date(localSeconds * 1000).toISOString().slice(0, 19),
    );
    const { text } = this.timezone;
    const earlier = plain.toZonedDateTime(text, { disambiguation: 'earlier' });
    const later = plain.toZonedDateTime(text, { disambiguation: 'later' });
    const isSkipped =
      earlier.epochMilliseconds !== later.epochMilliseconds &&
      !earlier.toPlainDateTime().equals(plain);
    if (isSkipped) return undefined;
    return { earlier: earlier.epochMilliseconds / 1000, later: later.epochMilliseconds / 1000 };
  }
}
