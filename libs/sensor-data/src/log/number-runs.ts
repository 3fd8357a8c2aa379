import { NO_VALUE } from './block-size.js';
import { AS_DOUBLE, NOTHING, writeDecimal, writeWhole } from './plain-decimal.js';

const FIRST_BYTES = 256;
/** A number with sign, point and exponent, a blank, and how often it is repeated. */
const LONGEST_RUN_BYTES = 48;
const BLANK = 0x20;
const STAR = 0x2a;
const GAP = NO_VALUE.charCodeAt(0);

/** Numbers as a line of runs, as `RunText` writes them: gathered in bytes, for many numbers a second. */
export class NumberRuns {
  private bytes = Buffer.allocUnsafe(FIRST_BYTES);
  private end = 0;
  private mantissa = 0;
  private scale = NOTHING;
  private repeats = 0;

  clear(): void {
    this.end = 0;
    this.repeats = 0;
  }

  /** See plain-decimal: also `AS_DOUBLE`, and `NOTHING` for a gap. */
  add(mantissa: number, scale: number, times = 1): void {
    if (this.repeats > 0 && mantissa === this.mantissa && scale === this.scale) {
      this.repeats += times;
      return;
    }
    this.closeRun();
    if (this.end > 0) this.bytes[this.end++] = BLANK;
    this.end = this.write(mantissa, scale);
    this.mantissa = mantissa;
    this.scale = scale;
    this.repeats = times;
  }

  /** Of the line. */
  get length(): number {
    return this.end + suffixLength(this.repeats);
  }

  toString(): string {
    this.closeRun();
    return this.bytes.toString('latin1', 0, this.end);
  }

  private closeRun(): void {
    if (this.repeats > 1) {
      this.bytes[this.end] = STAR;
      this.end = writeWhole(this.bytes, this.end + 1, this.repeats);
    }
    this.repeats = 0;
    if (this.end + LONGEST_RUN_BYTES > this.bytes.length) this.grow();
  }

  private write(mantissa: number, scale: number): number {
    if (scale === AS_DOUBLE)
      return this.end + this.bytes.write(String(mantissa), this.end, 'latin1');
    if (scale !== NOTHING) return writeDecimal(this.bytes, this.end, mantissa, scale);
    this.bytes[this.end] = GAP;
    return this.end + 1;
  }

  private grow(): void {
    const larger = Buffer.allocUnsafe(this.bytes.length * 2);
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }
}

/** What `*60` takes behind a text that is repeated. */
export function suffixLength(repeats: number): number {
  if (repeats <= 1) return 0;
  if (repeats < 10) return 2;
  if (repeats < 100) return 3;
  return repeats < 1000 ? 4 : 5;
}
