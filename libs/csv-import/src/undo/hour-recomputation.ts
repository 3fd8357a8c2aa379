import type { ImportedHour } from './import-manifest.js';

/** The aggregates, as far as an undo has to wait for them. */
export abstract class HourRecomputation {
  /**
   * Returns when the aggregates of these hours hold every change that was made before the call; answers
   * how many of the hours are sealed, and so stay as they are. Safe to repeat. Throws DomainError
   * `unavailable` at the deadline, and when a store does not answer.
   */
  abstract recompute(hours: readonly ImportedHour[], deadlineEpochMs: number): Promise<number>;
}
