import type { Hour } from '../hours/hour.js';

/**
 * `frontier`: the closing of every hour before it has begun. `position`: all cells of every hour before
 * it are closed; never beyond the frontier. `shard-sums`: the shard-hours of every hour before it have all
 * that its closed cells have; never beyond the position. `fleet-sums`: so have the fleet-hours.
 */
export type ClosingMark = 'frontier' | 'position' | 'shard-sums' | 'fleet-sums';

/** How far a mark is to be moved. */
export interface ClosingAdvance {
  readonly mark: ClosingMark;
  readonly to: Hour;
}

/**
 * How far the closing of hours has come, in this Region: record 0020. All methods throw DomainError
 * `unavailable` (`store-unavailable`) when the store does not answer; an advance may have happened then.
 */
export abstract class ClosingProgress {
  /** Strongly consistent. FIRST_HOUR, before which there is no hour, until the first advance. */
  abstract read(mark: ClosingMark): Promise<Hour>;

  /** Moves a mark forward in one atomic step; does nothing when it is there already, or beyond. */
  abstract advance(mark: ClosingMark, to: Hour): Promise<void>;
}
