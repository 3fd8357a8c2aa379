import type { ImportedHour } from './import-manifest.js';

/**
 * The aggregates, as far as an import and its undo have to wait for them. Both methods are safe to repeat, and
 * throw DomainError `unavailable` at the deadline, and when a store does not answer.
 */
export abstract class HourRecomputation {
  /**
   * Returns when the aggregates of each equipment in these hours hold every change that was made before the call;
   * answers how many of the hours are sealed, and so stay as they are.
   *
   * @param lost metrics that the hours may have had, and not have any more
   */
  abstract recompute(
    hours: readonly ImportedHour[],
    deadlineEpochMs: number,
    lost?: readonly string[],
  ): Promise<number>;

  /** Returns when the fleet's sums hold all hours that were recomputed here before the call. */
  abstract recomputeSums(deadlineEpochMs: number): Promise<void>;
}
