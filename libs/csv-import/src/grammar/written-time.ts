/** Nothing of the kind stands there. */
export const MISMATCH = -1;
/** Something of the kind, but the calendar or the clock has no such time. */
export const NOT_A_DATE = -2;
export const OFFSET_INVALID = -3;

/**
 * Reads times of one format from their bytes, a row at a time and without an object for each: a file has millions.
 * What was read last stands in its properties.
 */
export abstract class WrittenTime {
  /** Since 1970, whole: of UTC, or of local clocks as if they showed UTC. */
  seconds = 0;
  /** Below the second, whole. */
  nanos = 0;

  /** Whether it reads what local clocks showed, without saying where. */
  abstract readonly isLocal: boolean;

  /** Answers where the time ends, or MISMATCH, NOT_A_DATE or OFFSET_INVALID. What follows is the caller's to check. */
  abstract read(text: Uint8Array, start: number): number;
}

export const ZERO = 0x30;

/** The digit at this place; more than 9 where there is none. */
export function digitAt(text: Uint8Array, at: number): number {
  const digit = (text[at] ?? 0) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : 10;
}

/** How many digits stand there, `max` at most. */
export function countDigits(text: Uint8Array, start: number, max: number): number {
  let at = start;
  while (at - start < max && digitAt(text, at) <= 9) at += 1;
  return at - start;
}

/** The digits between two places as a number: exact up to fifteen. */
export function numberAt(text: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + digitAt(text, at);
  return value;
}

export const POWERS = Float64Array.from({ length: 16 }, (_, digits) => 10 ** digits);
