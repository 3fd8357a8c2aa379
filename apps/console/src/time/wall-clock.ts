import type { Formats } from './formats.ts';

/** What clocks show at that instant, as fields for dates and times take it: `2026-11-30T14:05:09`. */
export function wallClockAt(epochMs: number, formats: Formats): string {
  return formats.instant(epochMs).slice(0, 19).replace(' ', 'T');
}

/**
 * The instant at which clocks show that; NaN for what is no date and time. Of an hour that comes twice, as clocks are
 * put back, the one or the other.
 */
export function instantOf(wallClock: string, formats: Formats): number {
  const asUtc = Date.parse(`${wallClock}Z`);
  if (Number.isNaN(asUtc)) return asUtc;
  const offsetAt = (epochMs: number) =>
    Date.parse(`${wallClockAt(epochMs, formats)}Z`) - Math.floor(epochMs / 1000) * 1000;
  // The offset of an instant nearby, then that of the instant itself.
  return asUtc - offsetAt(asUtc - offsetAt(asUtc));
}
