/** Wide enough for milliseconds until the year 5138, so that the order of keys is that of time. */
export const INSTANT_DIGITS = 14;

/** An instant as the beginning of a sort key. */
export function instantKey(epochMs: number): string {
  return String(Math.max(0, Math.floor(epochMs))).padStart(INSTANT_DIGITS, '0');
}
