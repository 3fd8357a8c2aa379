import type { Language } from '../language/translate.ts';

const SECOND_MS = 1000;
const UNITS = [
  ['day', 86_400 * SECOND_MS],
  ['hour', 3600 * SECOND_MS],
  ['minute', 60 * SECOND_MS],
  ['second', SECOND_MS],
] as const;

/** Below two of a unit, the smaller one says more: 90 min, not 2 h. */
const SMALLEST_COUNT = 2;

/** Numbers, instants and durations as one language and one time zone show them. */
export class Formats {
  private readonly rounded: Intl.NumberFormat;
  private readonly exact: Intl.NumberFormat;
  private readonly dateTime: Intl.DateTimeFormat;
  private readonly clock: Intl.DateTimeFormat;
  private readonly day: Intl.DateTimeFormat;

  constructor(
    private readonly language: Language,
    readonly zone: string,
  ) {
    this.rounded = new Intl.NumberFormat(language, { maximumSignificantDigits: 6 });
    this.exact = new Intl.NumberFormat(language, { maximumSignificantDigits: 17 });
    const time = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
    const day = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    const base = { timeZone: zone, hourCycle: 'h23', timeZoneName: 'longOffset' } as const;
    this.dateTime = new Intl.DateTimeFormat(language, { ...base, ...day, ...time });
    this.day = new Intl.DateTimeFormat(language, {
      timeZone: zone,
      day: 'numeric',
      month: 'short',
    });
    this.clock = new Intl.DateTimeFormat(language, {
      timeZone: zone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  }

  /** Six significant digits: for a glance. */
  number(value: number): string {
    return this.rounded.format(value);
  }

  /** Every digit that the double has. */
  exactNumber(value: number): string {
    return this.exact.format(value);
  }

  count(value: number): string {
    return new Intl.NumberFormat(this.language).format(value);
  }

  /** `2026-11-30 14:05:09 -03:00`, the same in every language: a date that nobody mixes up. */
  instant(epochMs: number): string {
    const { year, month, day, hour, minute, second, timeZoneName } = partsOf(
      this.dateTime.formatToParts(epochMs),
    );
    return `${year}-${month}-${day} ${hour}:${minute}:${second} ${offsetOf(timeZoneName)}`;
  }

  /** `14:05` */
  timeOfDay(epochMs: number): string {
    return this.clock.format(epochMs);
  }

  /** A mark on a time axis whose marks are so many seconds apart: `14:05`, or `30 Nov` at midnight and for days. */
  axis(epochMs: number, apartSeconds: number): string {
    const time = this.timeOfDay(epochMs);
    if (apartSeconds < 86_400 && time !== '00:00') return time;
    return this.day.format(epochMs);
  }

  /** How long ago, or how long, in the largest unit of which there are two. */
  duration(ms: number): string {
    const positive = Math.max(0, ms);
    const [unit, length] =
      UNITS.find(([, each]) => positive >= SMALLEST_COUNT * each) ??
      (['second', SECOND_MS] as const);
    return new Intl.NumberFormat(this.language, {
      style: 'unit',
      unit,
      unitDisplay: 'short',
    }).format(Math.floor(positive / length));
  }
}

function partsOf(parts: readonly Intl.DateTimeFormatPart[]): Record<string, string> {
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
}

/** `GMT-03:00` → `-03:00` */
function offsetOf(name = ''): string {
  const offset = name.replace('GMT', '');
  return offset === '' ? '+00:00' : offset;
}
