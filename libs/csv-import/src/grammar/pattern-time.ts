import { daysInMonth } from '@sensorflow/kernel';
import { STEP, type DatePattern, type PatternStep, type StepKind } from './date-pattern.js';
import {
  countDigits,
  digitAt,
  MISMATCH,
  NOT_A_DATE,
  numberAt,
  OFFSET_INVALID,
  POWERS,
  WrittenTime,
} from './written-time.js';

const SPACE = 0x20;
const POINT = 0x2e;
const COLON = 0x3a;
const PLUS = 0x2b;
const MINUS = 0x2d;

const MONTHS = namesOf(
  'January February March April May June July August September October November December',
).set('sept', 9);
const WEEKDAYS = namesOf('Monday Tuesday Wednesday Thursday Friday Saturday Sunday');
const LONGEST_NAME = 9;

/** Two digits: from here on of the last century. */
const PIVOT_YEAR = 70;
const KINDS = Math.max(...Object.values(STEP)) + 1;
const MS_PER_DAY = 86_400_000;
const SECONDS_PER_DAY = 86_400;
const NOON = 12;
const HOURS_PER_DAY = 24;
const ON_THE_HOUR = [STEP.MINUTE, STEP.SECOND, STEP.FRACTION];
const MAX_OFFSET_MINUTES = 14 * 60;
const MIN_OFFSET_MINUTES = -12 * 60;

/** Reads what a pattern describes. */
export class PatternTime extends WrittenTime {
  override readonly isLocal: boolean;

  /** What was read of each kind; of what the pattern does not have, 0. */
  private readonly values = new Int32Array(KINDS);
  private offsetMinutes = 0;
  private readonly steps: readonly PatternStep[];
  private readonly hasHalfDays: boolean;
  private readonly hasWeekday: boolean;
  private readonly hasShortYear: boolean;
  private readonly hasMonthName: boolean;
  private readonly hasMinutes: boolean;
  /** Most rows have the day of the one before. */
  private day = { date: -1, number: 0 };

  constructor({ steps, hasOffset }: DatePattern) {
    super();
    this.steps = steps;
    this.isLocal = !hasOffset;
    const has = (kind: StepKind): boolean => steps.some((step) => step.kind === kind);
    this.hasHalfDays = has(STEP.HALF_DAY);
    this.hasWeekday = has(STEP.WEEKDAY);
    this.hasMonthName = has(STEP.MONTH_NAME);
    this.hasMinutes = has(STEP.MINUTE);
    this.hasShortYear = steps.some(({ kind, maxDigits }) => kind === STEP.YEAR && maxDigits === 2);
  }

  override read(text: Uint8Array, start: number): number {
    let at = start;
    for (const step of this.steps) {
      at = this.readStep(step, text, at);
      if (at < 0) return at;
    }
    return this.settle() ? at : NOT_A_DATE;
  }

  private readStep(step: PatternStep, text: Uint8Array, at: number): number {
    switch (step.kind) {
      case STEP.LITERAL:
        return afterLiteral(step.bytes, text, at);
      case STEP.BLANKS:
        return afterBlanks(text, at);
      case STEP.MONTH_NAME:
        return this.readName(STEP.MONTH_NAME, MONTHS, text, at);
      case STEP.WEEKDAY:
        return this.readName(STEP.WEEKDAY, WEEKDAYS, text, at);
      case STEP.HALF_DAY:
        return this.readHalfDay(text, at);
      case STEP.OFFSET:
        return this.readOffset(text, at);
      case STEP.FRACTION:
        return this.readFraction(step, text, at);
      case STEP.YEAR:
      case STEP.MONTH:
      case STEP.DAY:
      case STEP.HOUR:
      case STEP.HOUR_OF_HALF_DAY:
      case STEP.MINUTE:
      case STEP.SECOND:
        return this.readNumber(step, text, at);
      default:
        return step.kind satisfies never;
    }
  }

  private readNumber({ kind, minDigits, maxDigits }: PatternStep, text: Uint8Array, at: number) {
    let end = at;
    let value = 0;
    for (; end - at < maxDigits; end += 1) {
      const digit = digitAt(text, end);
      if (digit > 9) break;
      value = value * 10 + digit;
    }
    if (end - at < minDigits) return MISMATCH;
    this.values[kind] = value;
    return end;
  }

  private readFraction({ minDigits, maxDigits }: PatternStep, text: Uint8Array, at: number) {
    const digits = countDigits(text, at, maxDigits);
    if (digits < minDigits) return MISMATCH;
    this.values[STEP.FRACTION] = numberAt(text, at, at + digits) * (POWERS[9 - digits] ?? 0);
    return at + digits;
  }

  private readName(
    kind: StepKind,
    names: ReadonlyMap<string, number>,
    text: Uint8Array,
    at: number,
  ) {
    let end = at;
    while (end - at <= LONGEST_NAME && isLetter(text[end])) end += 1;
    const name = Buffer.from(text.buffer, text.byteOffset + at, end - at).toString('latin1');
    const number = names.get(name.toLowerCase());
    if (number === undefined) return MISMATCH;
    this.values[kind] = number;
    return end;
  }

  /** `AM`, `pm`, `p.m.` */
  private readHalfDay(text: Uint8Array, start: number): number {
    const letter = lowerCase(text[start]);
    if (letter !== LETTER_A && letter !== LETTER_P) return MISMATCH;
    let at = start + 1;
    const hasPoints = text[at] === POINT;
    if (hasPoints) at += 1;
    if (lowerCase(text[at]) !== LETTER_M) return MISMATCH;
    at += 1;
    this.values[STEP.HALF_DAY] = letter === LETTER_P ? 1 : 0;
    if (!hasPoints) return at;
    return text[at] === POINT ? at + 1 : MISMATCH;
  }

  /** `Z`, `UTC`, `+01`, `+0100`, `+01:00` */
  private readOffset(text: Uint8Array, at: number): number {
    const sign = text[at];
    if (sign !== PLUS && sign !== MINUS) {
      this.offsetMinutes = 0;
      return afterUtc(text, at);
    }
    if (countDigits(text, at + 1, 2) < 2) return MISMATCH;
    const distance = numberAt(text, at + 1, at + 3) * 60;
    let end = at + 3;
    const minutesAt = text[end] === COLON ? end + 1 : end;
    let minutes = 0;
    if (countDigits(text, minutesAt, 2) === 2) {
      minutes = numberAt(text, minutesAt, minutesAt + 2);
      end = minutesAt + 2;
    } else if (minutesAt > end) return MISMATCH;
    const offset = sign === MINUS ? -(distance + minutes) : distance + minutes;
    if (minutes > 59 || offset > MAX_OFFSET_MINUTES || offset < MIN_OFFSET_MINUTES) {
      return OFFSET_INVALID;
    }
    this.offsetMinutes = offset;
    return end;
  }

  /** Whether what was read is a time. */
  private settle(): boolean {
    const { values } = this;
    const day = this.dayNumber();
    const hour = this.hourOfDay();
    const minute = values[STEP.MINUTE] ?? 0;
    const second = values[STEP.SECOND] ?? 0;
    const isHour = hour < HOURS_PER_DAY || (hour === HOURS_PER_DAY && this.isOnTheHour());
    if (day === undefined || !isHour || minute > 59 || second > 59) return false;
    if (this.hasWeekday && values[STEP.WEEKDAY] !== weekdayOf(day)) return false;
    this.seconds = day * SECONDS_PER_DAY + (hour * 60 + minute - this.offsetMinutes) * 60 + second;
    this.nanos = values[STEP.FRACTION] ?? 0;
    return true;
  }

  private dayNumber(): number | undefined {
    const { values } = this;
    const read = values[STEP.YEAR] ?? 0;
    const year = this.hasShortYear ? read + (read >= PIVOT_YEAR ? 1900 : 2000) : read;
    const month = (this.hasMonthName ? values[STEP.MONTH_NAME] : values[STEP.MONTH]) ?? 0;
    const day = values[STEP.DAY] ?? 0;
    const date = (year * 100 + month) * 100 + day;
    if (date === this.day.date) return this.day.number;
    if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
    // Date.UTC takes the years 0 to 99 for 1900 to 1999; any before 1970 is refused all the same.
    const number = Date.UTC(Math.max(year, 1900), month - 1, day) / MS_PER_DAY;
    this.day = { date, number };
    return number;
  }

  /** Then 24:00 is where the day ends; an hour alone may count from 1. */
  private isOnTheHour(): boolean {
    const { values, hasMinutes } = this;
    return hasMinutes && ON_THE_HOUR.every((kind) => values[kind] === 0);
  }

  /** More than 24 when there is no such hour. */
  private hourOfDay(): number {
    const { values } = this;
    if (!this.hasHalfDays) return values[STEP.HOUR] ?? 0;
    const hour = values[STEP.HOUR_OF_HALF_DAY] ?? 0;
    if (hour < 1 || hour > NOON) return Infinity;
    return (hour % NOON) + (values[STEP.HALF_DAY] ?? 0) * NOON;
  }
}

/** Monday is 1; day 0 was a Thursday. */
function weekdayOf(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

const LETTER_A = 0x61;
const LETTER_C = 0x63;
const LETTER_G = 0x67;
const LETTER_M = 0x6d;
const LETTER_P = 0x70;
const LETTER_T = 0x74;
const LETTER_U = 0x75;
const LETTER_Z = 0x7a;

function lowerCase(byte = 0): number {
  return byte | 0x20;
}

function isLetter(byte: number | undefined): boolean {
  const letter = lowerCase(byte);
  return letter >= LETTER_A && letter <= LETTER_Z;
}

function afterLiteral(bytes: Uint8Array, text: Uint8Array, start: number): number {
  for (let own = 0; own < bytes.length; own += 1) {
    if (text[start + own] !== bytes[own]) return MISMATCH;
  }
  return start + bytes.length;
}

function afterBlanks(text: Uint8Array, start: number): number {
  let at = start;
  while (text[at] === SPACE) at += 1;
  return at > start ? at : MISMATCH;
}

function afterUtc(text: Uint8Array, at: number): number {
  const [first, second, third] = [text[at], text[at + 1], text[at + 2]].map(lowerCase);
  if (first === LETTER_Z) return at + 1;
  const isUtc = first === LETTER_U && second === LETTER_T && third === LETTER_C;
  const isGmt = first === LETTER_G && second === LETTER_M && third === LETTER_T;
  return isUtc || isGmt ? at + 3 : MISMATCH;
}

/** By name and by its first three letters, in lower case; from 1. */
function namesOf(names: string): Map<string, number> {
  const list = names.toLowerCase().split(' ');
  return new Map(
    list.flatMap((name, at) => [[name, at + 1] as const, [name.slice(0, 3), at + 1] as const]),
  );
}
