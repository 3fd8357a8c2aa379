import { accepted, refused, type Fault, type Parsed } from './fault.js';
import { withoutTrailingZeros } from './trailing-zeros.js';

/**
 * A point in time as fixed-width UTC text with nine fraction digits
 * (`2023-02-15T06:30:00.000000000Z`), so that the order of the texts is the order of time
 * and one instant has exactly one text, whatever offset it was sent with.
 */
export type Instant = string & { readonly __instant: true };

const GRAMMAR =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)? ?(?:(Z|UTC|GMT)|([+-])(\d{2})(?::?(\d{2}))?)$/i;
const WITHOUT_OFFSET = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;
const TOO_PRECISE = /:\d{2}\.\d{10,}/;
/** The time zones that are furthest from UTC. */
const MAX_OFFSET_MINUTES = 14 * 60;
const MIN_OFFSET_MINUTES = -12 * 60;

/**
 * Reads RFC 3339: a real calendar date, 0 to 9 fraction digits and a mandatory offset, from 1970 to 9999 in UTC.
 * What is just as unambiguous is taken too: a blank for the T and in front of the offset, no seconds, offsets
 * such as +0100 and +01, and UTC or GMT for Z. `Date` is never asked to read text: it turns 30 February into March,
 * takes the server's zone for a missing offset and drops everything below the millisecond.
 *
 * Faults: `timestamp-malformed`, `timestamp-offset-missing`, `timestamp-offset-invalid`,
 * `timestamp-too-precise`, `timestamp-not-a-date`, `timestamp-leap-second`, `timestamp-out-of-range`.
 */
export function parseInstant(text: string): Parsed<Instant> {
  if (text === latestPlain?.text) return latestPlain.parsed;
  const plain = plainUtc(text);
  if (plain !== undefined) {
    latestPlain = { text, parsed: accepted(plain) };
    return latestPlain.parsed;
  }
  if (text === latestOther?.text) return latestOther.parsed;
  const parsed = parseByGrammar(text);
  if (parsed.ok) latestOther = { text, parsed };
  return parsed;
}

/** Remembered: what a gateway reads of all its equipment at once has one instant, which is then kept once. */
let latestPlain: ReadInstant | undefined;
let latestOther: ReadInstant | undefined;

interface ReadInstant {
  readonly text: string;
  readonly parsed: Parsed<Instant>;
}

function parseByGrammar(text: string): Parsed<Instant> {
  // The longest valid text has 36 characters; a longer one is not worth a regular expression.
  const match = text.length <= 64 ? GRAMMAR.exec(text) : null;
  if (!match) return { ok: false, fault: explainMalformed(text) };
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6] ?? 0);
  if (second === 60 && hour <= 23 && minute <= 59) {
    return refused('timestamp-leap-second', 'A leap second has no place in this time scale.');
  }
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
    return refused('timestamp-not-a-date', 'This day does not exist in the calendar.');
  }
  if (hour > 23 || minute > 59 || second > 59) {
    const isEndOfDay = hour === 24 && minute === 0 && second === 0;
    const instead = isEndOfDay ? ': 24:00 is 00:00 of the next day' : '';
    return refused('timestamp-not-a-date', `This time of day does not exist${instead}.`);
  }
  const offsetMinutes = match[8] ? 0 : offsetFrom(match);
  if (offsetMinutes === undefined) {
    return refused('timestamp-offset-invalid', 'The offset must be between -12:00 and +14:00.');
  }
  const epochSeconds =
    Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - offsetMinutes * 60;
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  if (year < 1900 || epochSeconds < 0 || epochSeconds >= END_OF_TIME_EPOCH_SECONDS) {
    return refused('timestamp-out-of-range', 'Time runs from 1970 to the end of 9999 here.');
  }
  const nineFractionDigits = (match[7] ?? '').padEnd(9, '0');
  // In UTC already: the text has all the digits in their places, and Date would cost more than all else.
  const upToSeconds =
    offsetMinutes === 0 && match[6] !== undefined
      ? `${text.slice(0, 10)}T${text.slice(11, 19)}`
      : textOf(epochSeconds);
  return accepted(`${upToSeconds}.${nineFractionDigits}Z` as Instant);
}

/**
 * The instant of the text that nearly every reading is sent with, `2023-02-15T06:30:00.000Z`, for a
 * sixth of what the grammar costs. Undefined means: ask the grammar.
 */
function plainUtc(text: string): Instant | undefined {
  const end = text.length - 1;
  if (end < 19 || end > 29 || text[end] !== 'Z' || !hasMarks(text)) return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const isDate =
    year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  const isTime =
    twoDigits(text, 11) <= 23 && twoDigits(text, 14) <= 59 && twoDigits(text, 17) <= 59;
  if (!isDate || !isTime || !hasFraction(text, end)) return undefined;
  const upToFraction = end === 19 ? `${text.slice(0, 19)}.` : text.slice(0, end);
  return `${upToFraction}${NINE_ZEROS.slice(upToFraction.length - 20)}Z` as Instant;
}

const NINE_ZEROS = '000000000';
const ZERO = 0x30;

function hasMarks(text: string): boolean {
  return (
    text[4] === '-' && text[7] === '-' && text[10] === 'T' && text[13] === ':' && text[16] === ':'
  );
}

/** Nothing, or a point and digits up to `end`. */
function hasFraction(text: string, end: number): boolean {
  if (end === 19) return true;
  if (end === 20 || text[19] !== '.') return false;
  for (let at = 20; at < end; at += 1) if (!isDigit(text.charCodeAt(at) - ZERO)) return false;
  return true;
}

/** NaN where there are not two digits. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return isDigit(tens) && isDigit(ones) ? tens * 10 + ones : NaN;
}

function isDigit(value: number): boolean {
  return value >= 0 && value <= 9;
}

const END_OF_TIME_EPOCH_SECONDS = Date.UTC(10_000, 0, 1) / 1000;

function explainMalformed(text: string): Fault {
  if (TOO_PRECISE.test(text.slice(0, 64))) {
    return { code: 'timestamp-too-precise', detail: 'At most nine fraction digits are kept.' };
  }
  if (WITHOUT_OFFSET.test(text.slice(0, 64))) {
    return {
      code: 'timestamp-offset-missing',
      detail: 'The offset from UTC is mandatory: end the timestamp with Z or, say, +01:00.',
    };
  }
  return {
    code: 'timestamp-malformed',
    detail: 'A timestamp is RFC 3339 text such as 2023-02-15T01:30:00.000-05:00.',
  };
}

function offsetFrom(match: RegExpExecArray): number | undefined {
  const hours = Number(match[10]);
  const minutes = Number(match[11] ?? 0);
  if (minutes > 59) return undefined;
  const offset = (match[9] === '-' ? -1 : 1) * (hours * 60 + minutes);
  return offset > MAX_OFFSET_MINUTES || offset < MIN_OFFSET_MINUTES ? undefined : offset;
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) {
    return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  }
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function textOf(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().slice(0, 19);
}

/** @param epochMs whole milliseconds since 1970, at or after 0 */
export function instantFromEpochMs(epochMs: number): Instant {
  return `${new Date(epochMs).toISOString().slice(0, 23)}000000Z` as Instant;
}

/** Milliseconds since 1970, rounded down. */
export function instantToEpochMs(instant: Instant): number {
  return Date.parse(`${instant.slice(0, 23)}Z`);
}

/** The instant as users see it: at least three fraction digits, no trailing zeros beyond them. */
export function showInstant(instant: Instant): string {
  const beyondMs = withoutTrailingZeros(instant.slice(23, 29));
  return `${instant.slice(0, 23)}${beyondMs}Z`;
}
