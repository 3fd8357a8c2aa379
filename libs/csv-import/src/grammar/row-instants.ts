import type { Instant } from '@sensorflow/kernel';
import { hourOf, numberOfHour, offsetOf } from '@sensorflow/sensor-data';
import type { PlainInstants } from './plain-instants.js';
import type { TimestampReader } from './timestamp-reader.js';

const BLANK = 0x20;
const MAX_BYTES = 128;

/** Of no timestamp: the text that is read has no delimiter around it. */
const NO_DELIMITER = '\n';

/**
 * Reads timestamps of any format from their bytes, or from those of a date and a time. What cannot be read
 * without looking around goes to the careful reader, unless it is that of the row before, or its meaning hangs on
 * the rows around it: the careful reader must see each of those once.
 */
export class RowInstants {
  /** The hour that `read` found, from 1970. */
  hour = 0;
  /** Within that hour, or the next one. */
  offsetNs = 0;

  private readonly last = new Uint8Array(MAX_BYTES);
  private lastLength = 0;
  private readonly text = new Uint8Array(MAX_BYTES);
  private readonly buffer = Buffer.from(this.text.buffer);
  private hourText = '';
  private hourNumber = 0;
  private nowEpochMs = 0;

  private readonly plain: PlainInstants;

  /** @param areIndependent whether a timestamp means the same wherever it stands in the file */
  constructor(
    private readonly timestamps: TimestampReader,
    private readonly areIndependent: boolean,
  ) {
    this.plain = timestamps.plainInstants(NO_DELIMITER);
  }

  /** To be told before rows are read. */
  setClock(nowEpochMs: number): void {
    this.nowEpochMs = nowEpochMs;
    this.lastLength = 0;
    this.plain.setClock(nowEpochMs);
  }

  /** Of one cell, or of two that are joined by a blank; false when the careful reader has to say what is wrong. */
  read(text: Uint8Array, start: number, end: number, timeStart: number, timeEnd: number): boolean {
    let length = this.take(text, start, end, 0);
    if (timeEnd > timeStart && length > 0) {
      this.text[length] = BLANK;
      length = this.take(text, timeStart, timeEnd, length + 1);
    }
    if (length === 0) return false;
    if (this.readPlainly(length)) return true;
    return this.areIndependent && (this.isLast(length) || this.ask(length));
  }

  private readPlainly(length: number): boolean {
    const { plain, text } = this;
    // Nothing of the row before is part of it.
    text[length] = 0;
    if (plain.read(text, 0) !== length) return false;
    this.hour = plain.hour;
    this.offsetNs = plain.offsetNs;
    return true;
  }

  /** Answers how long the text is then; 0 when it is too long or no ASCII. */
  private take(text: Uint8Array, start: number, end: number, at: number): number {
    const length = at + end - start;
    if (length > MAX_BYTES - 1) return 0;
    for (let from = start, to = at; from < end; from += 1, to += 1) {
      const byte = text[from] ?? 0;
      if (byte >= 0x7f || byte < BLANK) return 0;
      this.text[to] = byte;
    }
    return length;
  }

  private isLast(length: number): boolean {
    if (length !== this.lastLength) return false;
    for (let at = length - 1; at >= 0; at -= 1) {
      if (this.text[at] !== this.last[at]) return false;
    }
    return true;
  }

  private ask(length: number): boolean {
    this.lastLength = 0;
    const parsed = this.timestamps.read(this.buffer.toString('latin1', 0, length), this.nowEpochMs);
    if (!parsed.ok) return false;
    this.place(parsed.value);
    this.last.set(this.text.subarray(0, length));
    this.lastLength = length;
    return true;
  }

  private place(instant: Instant): void {
    const hour = hourOf(instant);
    if (hour !== this.hourText) {
      this.hourText = hour;
      this.hourNumber = numberOfHour(hour);
    }
    this.hour = this.hourNumber;
    this.offsetNs = offsetOf(instant);
  }
}
