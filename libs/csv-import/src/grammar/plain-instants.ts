import { hourOf, HOUR_NS, numberOfHour, offsetOf } from '@sensorflow/sensor-data';
import type { Instant, Parsed } from '@sensorflow/kernel';
import { countDigits, digitAt, numberAt, POWERS, type WrittenTime } from './written-time.js';

/** `2023-02-15T01`, or with a blank for the T. */
const PREFIX = 13;
const MINUTES = ':30'.length;
const SECONDS = ':00'.length;
/** With a blank in front of it. */
const LONGEST_SUFFIX = ' +01:00'.length;
const SLOTS = 512;
/** How long an hour is believed to be neither too old nor ahead of the clock. */
const REMEMBERED_MS = 1000;
const HOUR_SECONDS = 3600;
const MAX_FRACTION_DIGITS = 9;

const SPACE = 0x20;
const ZERO = 0x30;
const COLON = 0x3a;
const POINT = 0x2e;
export const NOT_PLAIN = -1;
/** Of no minute and no second. */
const NO_DIGITS = 100;
const UNKNOWN = -1;
const REFUSED = -2;

/**
 * Reads timestamps from their bytes, those that can be read without looking around. The careful reader
 * (`TimestampReader`) is asked once for each hour, and has the word on all that is not plain.
 */
export abstract class PlainInstants {
  /** The hour that `read` found, from 1970. */
  hour = 0;
  /** Within that hour, or the next one. */
  offsetNs = 0;

  protected nowEpochMs = 0;

  /** To be told before rows are read. */
  setClock(nowEpochMs: number): void {
    if (Math.abs(nowEpochMs - this.nowEpochMs) < REMEMBERED_MS) return;
    this.nowEpochMs = nowEpochMs;
    this.forget();
  }

  /** Answers where the timestamp ends, or NOT_PLAIN. Nothing is said of what follows. */
  abstract read(text: Uint8Array, start: number): number;

  protected abstract forget(): void;
}

/** For files whose delimiter may stand within a timestamp: quotes have to be looked at. */
export class NoInstants extends PlainInstants {
  override read(): number {
    return NOT_PLAIN;
  }

  protected override forget(): void {
    // Nothing is remembered.
  }
}

/** The first second of UTC in an hour as written, if all of it can be read at one offset; else undefined. */
type PlainHour = (writtenHour: number, nowEpochMs: number) => number | undefined;

/** Timestamps of any format that says the time by numbers. */
export class FormatInstants extends PlainInstants {
  private readonly writtenHours = new Float64Array(SLOTS).fill(UNKNOWN);
  private readonly hours = new Int32Array(SLOTS);
  private readonly shiftsNs = new Float64Array(SLOTS);

  constructor(
    private readonly written: WrittenTime,
    private readonly plainHour: PlainHour,
  ) {
    super();
  }

  override read(text: Uint8Array, start: number): number {
    const { written } = this;
    const end = written.read(text, start);
    if (end < 0 || written.seconds < 0) return NOT_PLAIN;
    const writtenHour = Math.floor(written.seconds / HOUR_SECONDS);
    const slot = writtenHour & (SLOTS - 1);
    if (this.writtenHours[slot] !== writtenHour) this.ask(writtenHour, slot);
    const hour = this.hours[slot] ?? REFUSED;
    if (hour === REFUSED) return NOT_PLAIN;
    this.hour = hour;
    const secondOfHour = written.seconds - writtenHour * HOUR_SECONDS;
    this.offsetNs = secondOfHour * 1e9 + written.nanos + (this.shiftsNs[slot] ?? 0);
    return end;
  }

  protected override forget(): void {
    this.writtenHours.fill(UNKNOWN);
  }

  private ask(writtenHour: number, slot: number): void {
    const firstSecond = this.plainHour(writtenHour, this.nowEpochMs);
    this.writtenHours[slot] = writtenHour;
    this.hours[slot] = REFUSED;
    if (firstSecond === undefined) return;
    const hour = Math.floor(firstSecond / HOUR_SECONDS);
    this.hours[slot] = hour;
    this.shiftsNs[slot] = (firstSecond - hour * HOUR_SECONDS) * 1e9;
  }
}

/**
 * Timestamps in the form `2023-02-15T01:30:00.5Z`, with whatever stands behind the seconds: for each hour and
 * each such ending, the careful reader is asked once where the hour begins. An hour that it does not take as a
 * whole, from its first nanosecond to its last, is not plain.
 */
export class IsoInstants extends PlainInstants {
  private readonly prefixes = new Uint8Array(SLOTS * PREFIX);
  private readonly hours = new Int32Array(SLOTS).fill(UNKNOWN);
  /** Where the hour of the text begins in that of UTC: half an hour in, in some zones. */
  private readonly shiftsNs = new Float64Array(SLOTS);
  private suffix = 'Z';

  constructor(
    private readonly readTimestamp: (text: string, nowEpochMs: number) => Parsed<Instant>,
    /** Whether this time's hour can be read without the rows around it. */
    private readonly isPlainHour: (text: string) => boolean = () => true,
  ) {
    super();
  }

  protected override forget(): void {
    this.hours.fill(UNKNOWN);
  }

  override read(text: Uint8Array, start: number): number {
    let at = start + PREFIX;
    const minutes = twoDigits(text, at + 1);
    if (text[at] !== COLON || minutes > 59) return NOT_PLAIN;
    at += MINUTES;
    let offsetNs = minutes * 60e9;
    if (text[at] === COLON) {
      const seconds = twoDigits(text, at + 1);
      if (seconds > 59) return NOT_PLAIN;
      offsetNs += seconds * 1e9;
      at += SECONDS;
      if (text[at] === POINT) {
        const first = at + 1;
        const digits = countDigits(text, first, MAX_FRACTION_DIGITS + 1);
        if (digits === 0 || digits > MAX_FRACTION_DIGITS) return NOT_PLAIN;
        at = first + digits;
        offsetNs += numberAt(text, first, at) * (POWERS[MAX_FRACTION_DIGITS - digits] ?? 0);
      }
    }
    const end = this.readSuffix(text, at);
    const slot = this.slotOf(text, start);
    if (end === NOT_PLAIN || this.hours[slot] === REFUSED) return NOT_PLAIN;
    this.hour = this.hours[slot] ?? 0;
    this.offsetNs = offsetNs + (this.shiftsNs[slot] ?? 0);
    return end;
  }

  /** Most files end all their timestamps alike. */
  private readSuffix(text: Uint8Array, start: number): number {
    const { suffix } = this;
    let at = start;
    for (let own = 0; own < suffix.length; own += 1, at += 1) {
      if (text[at] !== suffix.charCodeAt(own)) return this.changeSuffix(text, start);
    }
    return isSuffixByte(text[at] ?? 0) ? this.changeSuffix(text, start) : at;
  }

  private changeSuffix(text: Uint8Array, start: number): number {
    let at = text[start] === SPACE ? start + 1 : start;
    while (isSuffixByte(text[at] ?? 0)) at += 1;
    if (at - start > LONGEST_SUFFIX) return NOT_PLAIN;
    this.suffix = textOf(text, start, at);
    this.forget();
    return at;
  }

  private slotOf(text: Uint8Array, start: number): number {
    const { prefixes } = this;
    let hash = 0;
    for (let at = start + 5; at < start + PREFIX; at += 1) {
      hash = Math.imul(hash, 31) + (text[at] ?? 0);
    }
    const slot = hash & (SLOTS - 1);
    let own = slot * PREFIX;
    let isSame = this.hours[slot] !== UNKNOWN;
    for (let at = start; isSame && at < start + PREFIX; at += 1, own += 1) {
      isSame = text[at] === prefixes[own];
    }
    if (!isSame) this.ask(text, start, slot);
    return slot;
  }

  private ask(text: Uint8Array, start: number, slot: number): void {
    this.prefixes.set(text.subarray(start, start + PREFIX), slot * PREFIX);
    const prefix = textOf(text, start, start + PREFIX);
    const firstText = `${prefix}:00:00${this.suffix}`;
    this.hours[slot] = REFUSED;
    if (!this.isPlainHour(firstText)) return;
    const first = this.readTimestamp(firstText, this.nowEpochMs);
    const last = this.readTimestamp(`${prefix}:59:59.999999999${this.suffix}`, this.nowEpochMs);
    if (!first.ok || !last.ok) return;
    const hour = numberOfHour(hourOf(first.value));
    const hoursLater = numberOfHour(hourOf(last.value)) - hour;
    const spannedNs = hoursLater * HOUR_NS + offsetOf(last.value) - offsetOf(first.value);
    if (spannedNs !== HOUR_NS - 1) return;
    this.hours[slot] = hour;
    this.shiftsNs[slot] = offsetOf(first.value);
  }
}

function twoDigits(text: Uint8Array, at: number): number {
  const tens = digitAt(text, at);
  const ones = digitAt(text, at + 1);
  return tens > 9 || ones > 9 ? NO_DIGITS : tens * 10 + ones;
}

/** `Z`, `z`, `+01:00`: letters, digits, colons and signs. */
function isSuffixByte(byte: number): boolean {
  return (
    (byte >= ZERO && byte <= COLON) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2d
  );
}

function textOf(text: Uint8Array, start: number, end: number): string {
  return Buffer.from(text.buffer, text.byteOffset + start, end - start).toString('latin1');
}
