import { accepted, refused, type Parsed } from './fault.js';
import { instantFromEpochMs, type Instant } from './instant.js';

/** What a number of an epoch counts. */
export const EPOCH_UNITS = ['s', 'ms', 'us', 'ns'] as const;
export type EpochUnit = (typeof EPOCH_UNITS)[number];

/** How many decimal digits of a second each unit has below it. */
export const EPOCH_DIGITS: Readonly<Record<EpochUnit, number>> = { s: 0, ms: 3, us: 6, ns: 9 };

/** As JSON and programming languages write numbers. */
const DECIMAL = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,3}))?$/;
const MAX_LENGTH = 64;
const MAX_EXPONENT = 40;
const END_EPOCH_SECONDS = Date.UTC(10_000, 0, 1) / 1000;
const NANOSECOND_DIGITS = 9;

/** Whole seconds since 1970, and the nanoseconds below them. */
export interface EpochTime {
  readonly seconds: number;
  readonly nanos: number;
}

/**
 * Reads the decimal text of a number of seconds, milliseconds, microseconds or nanoseconds since 1970, exactly.
 * From the text, because a double holds the nanoseconds of today only to the nearest 256.
 *
 * Faults: `timestamp-malformed`, `timestamp-too-precise` (below the nanosecond), `timestamp-out-of-range`.
 */
export function parseEpoch(text: string, unit: EpochUnit): Parsed<EpochTime> {
  const match = text.length <= MAX_LENGTH ? DECIMAL.exec(text) : null;
  const exponent = Number(match?.[4] ?? 0);
  if (!match || Math.abs(exponent) > MAX_EXPONENT) {
    return refused(
      'timestamp-malformed',
      `This is not a number of ${UNIT_NAMES[unit]} since 1970.`,
    );
  }
  const [, sign, whole = '', fraction = ''] = match;
  const digits = whole + fraction;
  // Where the decimal point of the seconds stands among the digits.
  const point = whole.length + exponent - EPOCH_DIGITS[unit];
  const seconds = Number(digits.slice(0, Math.max(0, point)).padEnd(point, '0'));
  const below = digits.slice(Math.max(0, point)).padStart(digits.length - point, '0');
  if (/[1-9]/.test(below.slice(NANOSECOND_DIGITS))) {
    return refused('timestamp-too-precise', 'At most nine fraction digits of a second are kept.');
  }
  const nanos = Number(below.slice(0, NANOSECOND_DIGITS).padEnd(NANOSECOND_DIGITS, '0'));
  const isNegative = sign === '-' && (seconds > 0 || nanos > 0);
  if (isNegative || seconds >= END_EPOCH_SECONDS) {
    return refused('timestamp-out-of-range', 'Time runs from 1970 to the end of 9999 here.');
  }
  return accepted({ seconds, nanos });
}

export const UNIT_NAMES: Readonly<Record<EpochUnit, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
};

/** @param seconds whole, from 0 to the end of 9999 @param nanos whole, below a second */
export function instantFromEpoch({ seconds, nanos }: EpochTime): Instant {
  const upToSeconds = instantFromEpochMs(seconds * 1000).slice(0, 19);
  return `${upToSeconds}.${String(nanos).padStart(NANOSECOND_DIGITS, '0')}Z` as Instant;
}
