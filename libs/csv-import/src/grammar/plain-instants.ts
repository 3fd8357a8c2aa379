import { hourOf, numberOfHour, offsetOf } from '@sensorflow/sensor-data';
import type { TimestampReader } from './row-timestamp.js';

/** `2023-02-15T01`, or with a blank for the T. */
const PREFIX = 13;
/** `:30:00` */
const MINUTES_AND_SECONDS = 6;
/** `+01:00` */
const LONGEST_SUFFIX = 6;
const HOUR_NS = 3_600_000_000_000;
const SLOTS = 512;
/** How long an hour is believed to be neither too old nor ahead of the clock. */
const REMEMBERED_MS = 1000;
const FRACTIONS = Float64Array.from({ length: 10 }, (_, digits) => 10 ** (9 - digits));

const ZERO = 0x30;
const COLON = 0x3a;
const POINT = 0x2e;
export const NOT_PLAIN = -1;
/** Of no minute and no second. */
const NO_DIGITS = 100;
const UNKNOWN = -1;
const REFUSED = -2;

/**
 * Reads timestamps in the form `2023-02-15T01:30:00.5Z` from their bytes, with whatever stands behind the
 * seconds: for each hour and each such ending, the careful reader is asked once where the hour begins. An
 * hour that it does not take as a whole, from its first nanosecond to its last, is not plain.
 */
export class PlainInstants {
  /** The hour that `read` found, from 1970. */
  hour = 0;
  /** Within that hour, or the next one. */
  offsetNs = 0;

  private readonly prefixes = new Uint8Array(SLOTS * PREFIX);
  private readonly hours = new Int32Array(SLOTS).fill(UNKNOWN);
  /** Where the hour of the text begins in that of UTC: half an hour in, in some zones. */
  private readonly shiftsNs = new Float64Array(SLOTS);
  private suffix = 'Z';
  private nowEpochMs = 0;

  constructor(private readonly readTimestamp: TimestampReader) {}

  /** To be told before rows are read. */
  setClock(nowEpochMs: number): void {
    if (Math.abs(nowEpochMs - this.nowEpochMs) < REMEMBERED_MS) return;
    this.nowEpochMs = nowEpochMs;
    this.forget();
  }

  private forget(): void {
    this.hours.fill(UNKNOWN);
  }

  /** Answers where the timestamp ends, or NOT_PLAIN. Nothing is said of what follows. */
  read(text: Uint8Array, start: number): number {
    let at = start + PREFIX;
    const minutes = this.twoDigits(text, at + 1);
    const seconds = this.twoDigits(text, at + 4);
    if (text[at] !== COLON || text[at + 3] !== COLON || minutes > 59 || seconds > 59) {
      return NOT_PLAIN;
    }
    let offsetNs = (minutes * 60 + seconds) * 1e9;
    at += MINUTES_AND_SECONDS;
    if (text[at] === POINT) {
      const first = at + 1;
      let fraction = 0;
      for (at = first; isDigit(text[at]); at += 1)
        fraction = fraction * 10 + (text[at] ?? 0) - ZERO;
      const digits = at - first;
      if (digits === 0 || digits > 9) return NOT_PLAIN;
      offsetNs += fraction * (FRACTIONS[digits] ?? 0);
    }
    const end = this.readSuffix(text, at);
    const slot = this.slotOf(text, start);
    if (end === NOT_PLAIN || this.hours[slot] === REFUSED) return NOT_PLAIN;
    this.hour = this.hours[slot] ?? 0;
    this.offsetNs = offsetNs + (this.shiftsNs[slot] ?? 0);
    return end;
  }

  private twoDigits(text: Uint8Array, at: number): number {
    const tens = text[at];
    const ones = text[at + 1];
    return isDigit(tens) && isDigit(ones)
      ? ((tens ?? 0) - ZERO) * 10 + (ones ?? 0) - ZERO
      : NO_DIGITS;
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
    let at = start;
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
    const first = this.readTimestamp(`${prefix}:00:00${this.suffix}`, this.nowEpochMs);
    const last = this.readTimestamp(`${prefix}:59:59.999999999${this.suffix}`, this.nowEpochMs);
    this.hours[slot] = REFUSED;
    if (!first.ok || !last.ok) return;
    const hour = numberOfHour(hourOf(first.value));
    const hoursLater = numberOfHour(hourOf(last.value)) - hour;
    const spannedNs = hoursLater * HOUR_NS + offsetOf(last.value) - offsetOf(first.value);
    if (spannedNs !== HOUR_NS - 1) return;
    this.hours[slot] = hour;
    this.shiftsNs[slot] = offsetOf(first.value);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= ZERO + 9;
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
