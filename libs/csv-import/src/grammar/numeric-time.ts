import { EPOCH_DIGITS, type EpochUnit } from '@sensorflow/kernel';
import { DECIMAL_SIGNS, type DecimalSign } from './import-options.js';
import { countDigits, digitAt, MISMATCH, numberAt, POWERS, WrittenTime } from './written-time.js';

const NANOSECOND_DIGITS = 9;
/** Behind the year 9999. */
const MAX_SECOND_DIGITS = 12;

/** In front of the first separator of thousands there are three digits at most. */
const MIN_UNGROUPED_DIGITS = 4;

/**
 * The signs that begin the fraction of a number that is a time: that of the file, and, behind more digits than a
 * separator of thousands has in front of it, the other one too.
 */
class FractionSigns {
  private readonly own: number;
  private readonly other: number;

  /** @param delimiter between whose cells the number stands, unless it stands alone */
  constructor(decimal: DecimalSign, delimiter: string | undefined) {
    const other = DECIMAL_SIGNS.find((sign) => sign !== decimal && sign !== delimiter);
    this.own = decimal.charCodeAt(0);
    this.other = other?.charCodeAt(0) ?? NaN;
  }

  /** Whether this byte is one, behind so many digits. */
  has(byte: number | undefined, digits: number): boolean {
    return byte === this.own || (byte === this.other && digits >= MIN_UNGROUPED_DIGITS);
  }
}

/**
 * Reads numbers of seconds, milliseconds, microseconds or nanoseconds since 1970: those that are plainly written.
 * `parseEpoch` has the word on others.
 */
export class EpochTime extends WrittenTime {
  override readonly isLocal = false;
  private readonly digitsBelow: number;
  private readonly signs: FractionSigns;

  constructor(unit: EpochUnit, decimal: DecimalSign, delimiter?: string) {
    super();
    this.digitsBelow = EPOCH_DIGITS[unit];
    this.signs = new FractionSigns(decimal, delimiter);
  }

  override read(text: Uint8Array, start: number): number {
    const { digitsBelow } = this;
    const whole = countDigits(text, start, MAX_SECOND_DIGITS + digitsBelow);
    if (whole <= digitsBelow) return MISMATCH;
    const point = start + whole - digitsBelow;
    let end = start + whole;
    let fraction = numberAt(text, point, end);
    let fractionDigits = digitsBelow;
    if (this.signs.has(text[end], whole)) {
      const more = countDigits(text, end + 1, NANOSECOND_DIGITS + 1 - digitsBelow);
      if (more === 0 || digitsBelow + more > NANOSECOND_DIGITS) return MISMATCH;
      fraction = fraction * (POWERS[more] ?? 0) + numberAt(text, end + 1, end + 1 + more);
      fractionDigits += more;
      end += 1 + more;
    }
    this.seconds = numberAt(text, start, point);
    this.nanos = fraction * (POWERS[NANOSECOND_DIGITS - fractionDigits] ?? 0);
    return end;
  }
}

/** The serial number of 1970-01-01: day 1 is 1900-01-01, and Excel believes in a 29 February 1900. */
const SERIAL_OF_1970 = 25_569;
const MAX_DAY_DIGITS = 7;
/** Excel itself shows 15 digits in all; what lies further behind is far below the millisecond. */
const MAX_FRACTION_DIGITS = 15;
const MS_PER_DAY = 86_400_000;
const SECONDS_PER_DAY = 86_400;

/** Reads Excel's serial days of the 1900 system, to the nearest millisecond: a double holds no more. */
export class ExcelTime extends WrittenTime {
  override readonly isLocal = true;
  private readonly signs: FractionSigns;

  constructor(decimal: DecimalSign, delimiter?: string) {
    super();
    this.signs = new FractionSigns(decimal, delimiter);
  }

  override read(text: Uint8Array, start: number): number {
    const days = countDigits(text, start, MAX_DAY_DIGITS);
    if (days === 0) return MISMATCH;
    let end = start + days;
    let msOfDay = 0;
    if (this.signs.has(text[end], days)) {
      const first = end + 1;
      const digits = countDigits(text, first, MAX_FRACTION_DIGITS);
      if (digits === 0) return MISMATCH;
      end = first + digits;
      const fraction = numberAt(text, first, end) / (POWERS[digits] ?? 1);
      msOfDay = Math.round(fraction * MS_PER_DAY);
      while (digitAt(text, end) <= 9) end += 1;
    }
    const seconds = Math.floor(msOfDay / 1000);
    this.seconds =
      (numberAt(text, start, start + days) - SERIAL_OF_1970) * SECONDS_PER_DAY + seconds;
    this.nanos = (msOfDay - seconds * 1000) * 1e6;
    return end;
  }
}
