import type { Instant } from '@sensorflow/kernel';
import { hourOf, numberOfHour, offsetOf } from '@sensorflow/sensor-data';
import type { TimestampReader } from './timestamp-reader.js';

const BLANK = 0x20;
const MAX_BYTES = 128;

/**
 * Reads timestamps of any format from their bytes, or from those of a date and a time: the text goes to the
 * careful reader, unless it is that of the row before. Not for timestamps whose meaning hangs on the rows
 * around them: the careful reader must see each of those once.
 */
export class RowInstants {
  /** The hour that `read` found, from 1970. */
  hour = 0;
  /** Within that hour. */
  offsetNs = 0;

  private readonly last = new Uint8Array(MAX_BYTES);
  private lastLength = 0;
  private readonly text = new Uint8Array(MAX_BYTES);
  private readonly buffer = Buffer.from(this.text.buffer);
  private hourText = '';
  private hourNumber = 0;
  private nowEpochMs = 0;

  constructor(private readonly timestamps: TimestampReader) {}

  /** To be told before rows are read. */
  setClock(nowEpochMs: number): void {
    this.nowEpochMs = nowEpochMs;
    this.lastLength = 0;
  }

  /** Of one cell, or of two that are joined by a blank; false when the careful reader has to say what is wrong. */
  read(text: Uint8Array, start: number, end: number, timeStart: number, timeEnd: number): boolean {
    let length = this.take(text, start, end, 0);
    if (timeEnd > timeStart && length > 0) {
      this.text[length] = BLANK;
      length = this.take(text, timeStart, timeEnd, length + 1);
    }
    if (length === 0) return false;
    return this.isLast(length) || this.ask(length);
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
