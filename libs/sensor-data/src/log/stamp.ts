import { DomainError, instantFromEpochMs, type Clock, type Instant } from '@sensorflow/kernel';
import { randomBytes } from 'node:crypto';

/**
 * When a block was sealed, and by whom. Of two values for one metric and instant, the one with the
 * greater stamp stands, whichever arrived first.
 */
export interface Stamp {
  /** Microseconds since 1970. */
  readonly epochMicros: number;
  /** A process since its start, or an import: two of them never make the same stamp. */
  readonly source: string;
}

/** 36^11 microseconds are 4,000 years. */
const TIME_DIGITS = 11;
const LOWER_DIGITS = 4;
const LOWER_PART = 36 ** LOWER_DIGITS;
const PAIRS = 36 ** 2;
const PAIR_TEXTS = Array.from({ length: PAIRS }, (_, pair) => digits(pair, 2));
const SOURCE = /^[0-9a-z-]{1,40}$/;

/** Orders stamps by time, then by source. */
export function compareStamps(a: Stamp, b: Stamp): number {
  if (a.epochMicros !== b.epochMicros) return a.epochMicros - b.epochMicros;
  if (a.source === b.source) return 0;
  return a.source < b.source ? -1 : 1;
}

/** Fixed-width time, then the source: the order of the texts is the order of the stamps. */
export function stampText({ epochMicros, source }: Stamp): string {
  const upper = Math.floor(epochMicros / LOWER_PART);
  const lower = epochMicros - upper * LOWER_PART;
  const pair = Math.floor(lower / PAIRS);
  return upperText(upper) + pairText(pair) + pairText(lower - pair * PAIRS) + source;
}

function pairText(pair: number): string {
  return PAIR_TEXTS[pair] ?? '';
}

let latestUpper = { value: NaN, text: '' };

/** Remembered, because V8 writes numbers to this base slowly: it is the same for two seconds. */
function upperText(value: number): string {
  if (value !== latestUpper.value) {
    latestUpper = { value, text: digits(value, TIME_DIGITS - LOWER_DIGITS) };
  }
  return latestUpper.text;
}

function digits(value: number, width: number): string {
  return value.toString(36).padStart(width, '0');
}

/** Undefined for text that `stampText` never made. */
export function parseStamp(text: string): Stamp | undefined {
  const epochMicros = Number.parseInt(text.slice(0, TIME_DIGITS), 36);
  const source = text.slice(TIME_DIGITS);
  if (!Number.isSafeInteger(epochMicros) || !SOURCE.test(source)) return undefined;
  const stamp = { epochMicros, source };
  return stampText(stamp) === text ? stamp : undefined;
}

/** When the server took it in; to the millisecond, as other clocks of SensorFlow. */
export function stampInstant({ epochMicros }: Stamp): Instant {
  return instantFromEpochMs(Math.floor(epochMicros / 1000));
}

/**
 * Makes the stamps of one process. They rise strictly, also when the wall clock is set back, and the
 * source is random for each start, so that no other process and no earlier start made the same.
 */
export class StampClock {
  private lastEpochMicros = 0;

  constructor(
    private readonly clock: Clock,
    private source = randomSource(),
  ) {}

  /**
   * Begins anew, as after a start of the process: for a clock that was wrong, from whose stamps nothing is to be
   * counted on.
   */
  restart(): void {
    this.lastEpochMicros = 0;
    this.source = randomSource();
  }

  next(): Stamp {
    const nowEpochMicros = Math.floor(this.clock.nowEpochMs() * 1000);
    this.lastEpochMicros = Math.max(nowEpochMicros, this.lastEpochMicros + 1);
    return { epochMicros: this.lastEpochMicros, source: this.source };
  }

  /**
   * A stamp greater than another one, whatever clock made that one: a removal needs the greatest. Throws DomainError
   * `unavailable` (`clock-behind`) when the other is over a minute ahead, because the new stamp would hide everything
   * that is written in the meantime.
   */
  above(stamp: Stamp): Stamp {
    const aheadMicros = stamp.epochMicros - this.clock.nowEpochMs() * 1000;
    if (aheadMicros > MAX_AHEAD_MICROS) throw clockBehind();
    this.lastEpochMicros = Math.max(this.lastEpochMicros, stamp.epochMicros);
    return this.next();
  }
}

const MAX_AHEAD_MICROS = 60_000_000;

function clockBehind(): DomainError {
  return new DomainError(
    'unavailable',
    'clock-behind',
    'The clock of this server is behind. Nothing was removed; try again.',
    { retryAfterSeconds: 10 },
  );
}

/** 50 random bits. */
function randomSource(): string {
  return Array.from(randomBytes(10), (byte) => (byte & 31).toString(32)).join('');
}
