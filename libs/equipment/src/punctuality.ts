/** Whether equipment sends as it usually does; unknown until it has sent twice. */
export type Punctuality = 'on-time' | 'late' | 'silent' | 'unknown';

export const PUNCTUALITIES: readonly Punctuality[] = ['on-time', 'late', 'silent', 'unknown'];

/** Gaps between readings that the usual one is the median of. */
export const JUDGED_GAPS = 20;

const LATE_AFTER_GAPS = 2;
const SILENT_AFTER_GAPS = 5;
const SILENT_AFTER_MS = 60_000;

/** @param newestFirst instants of the newest readings, in epoch milliseconds */
export function usualGapMs(newestFirst: readonly number[]): number | undefined {
  const gaps = newestFirst
    .slice(0, JUDGED_GAPS)
    .flatMap((at, index) => {
      const before = newestFirst[index + 1];
      return before === undefined ? [] : [at - before];
    })
    .sort((a, b) => a - b);
  const [lower, upper] = [gaps[(gaps.length - 1) >> 1], gaps[gaps.length >> 1]];
  return lower === undefined || upper === undefined ? undefined : (lower + upper) / 2;
}

/**
 * @param ageMs of the newest reading; negative for one ahead of our clock
 * @param gapMs the usual gap, undefined before the second reading
 */
export function punctualityOf(ageMs: number, gapMs: number | undefined): Punctuality {
  if (gapMs === undefined) return 'unknown';
  const { lateAfterMs, silentAfterMs } = limitsOf(gapMs);
  if (ageMs > silentAfterMs) return 'silent';
  return ageMs > lateAfterMs ? 'late' : 'on-time';
}

/** Beyond which ages equipment with a usual gap is late, and silent. */
export function limitsOf(gapMs: number): {
  readonly lateAfterMs: number;
  readonly silentAfterMs: number;
} {
  return {
    lateAfterMs: LATE_AFTER_GAPS * gapMs,
    silentAfterMs: Math.max(SILENT_AFTER_GAPS * gapMs, SILENT_AFTER_MS),
  };
}
