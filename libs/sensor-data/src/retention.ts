import { instantFromEpochMs, instantToEpochMs, type Instant } from '@sensorflow/kernel';

const MS_PER_HOUR = 3_600_000;
const MS_PER_DAY = 24 * MS_PER_HOUR;
/** Every reading accepted has three days before its hour can expire … */
const MARGIN_MS = 72 * MS_PER_HOUR;
/** … and two of them before its hour is sealed: twice as long as a stream keeps a change. */
const SEALED_BEFORE_MS = 24 * MS_PER_HOUR;

/** Below it hardly anything would be accepted. */
const MIN_RETENTION_DAYS = 4;

/**
 * How long readings are kept, from the end of their hour on: an hour expires as a whole, because the store
 * deletes its blocks in no order. A reading that expires is no correction: what was aggregated from it
 * stays. So an hour is sealed before it expires, and readings are refused before their hour is sealed.
 * Decision record 0010.
 */
export class Retention {
  static readonly FOREVER = new Retention(Infinity);
  private oldest = { nowEpochMs: Number.NaN, instant: instantFromEpochMs(0) };

  private constructor(private readonly keptMs: number) {}

  /** @param days whole days, at least MIN_RETENTION_DAYS; undefined keeps readings for ever */
  static ofDays(days: number | undefined): Retention {
    if (days === undefined) return Retention.FOREVER;
    if (days < MIN_RETENTION_DAYS) throw new RangeError(`${days} days are too few`);
    return new Retention(days * MS_PER_DAY);
  }

  /** When the store may start to delete the readings of an hour; undefined for never. */
  expiresAtEpochSeconds(hour: string): number | undefined {
    if (this.keptMs === Infinity) return undefined;
    return Math.ceil((Date.parse(`${hour}:00:00Z`) + MS_PER_HOUR + this.keptMs) / 1000);
  }

  /** The beginning of the oldest hour that has not expired; undefined when none ever does. */
  oldestKept(nowEpochMs: number): Instant | undefined {
    if (this.keptMs === Infinity) return undefined;
    const oldestHour = Math.floor((nowEpochMs - this.keptMs) / MS_PER_HOUR);
    return instantFromEpochMs(Math.max(0, oldestHour * MS_PER_HOUR));
  }

  /** Whether a reading of that instant can be neither taken nor removed any more. */
  isTooOld(timestamp: Instant, nowEpochMs: number): boolean {
    return this.keptMs !== Infinity && timestamp < this.oldestTaken(nowEpochMs);
  }

  /** Whether readings behind this instant may begin to vanish: nothing may be recomputed from them. */
  isSealed(from: Instant, nowEpochMs: number): boolean {
    return instantToEpochMs(from) + this.keptMs - SEALED_BEFORE_MS <= nowEpochMs;
  }

  /**
   * The first instant whose readings can be taken and removed. Remembered for the millisecond: a file has a
   * hundred rows in one, and formatting a date is slow.
   */
  oldestTaken(nowEpochMs: number): Instant {
    if (this.oldest.nowEpochMs !== nowEpochMs) {
      const oldestEpochMs = Math.max(0, nowEpochMs - this.keptMs + MARGIN_MS);
      this.oldest = { nowEpochMs, instant: instantFromEpochMs(oldestEpochMs) };
    }
    return this.oldest.instant;
  }
}
