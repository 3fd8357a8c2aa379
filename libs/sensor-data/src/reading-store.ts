import type { Instant, WorkBudget } from '@sensorflow/kernel';
import type { StoredReading } from './reading.js';

export interface ReadingRange {
  readonly equipmentId: string;
  /** Included. */
  readonly from?: Instant;
  /** Excluded. */
  readonly to?: Instant;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** Continues after this instant of the same range and order. */
  readonly after?: Instant;
}

export interface ReadingPage {
  readonly readings: readonly StoredReading[];
  /** Where the next page continues (`after`), or undefined at the end. */
  readonly next: Instant | undefined;
}

/**
 * The readings that stand. Everything is strongly consistent: an acknowledged write is in the next answer.
 * Throws DomainError `unavailable` (`store-unavailable`) when the store does not answer, and the reason of
 * the budget's signal.
 */
export abstract class ReadingStore {
  /** One page of a time range. It may be short of its limit, also empty, where the budget is spent. */
  abstract range(query: ReadingRange, budget?: WorkBudget): Promise<ReadingPage>;

  /**
   * The newest reading. With a budget it gives up after 400 calls or 10 s of its own, and throws DomainError
   * `range-too-costly`: there may be many removed readings, or many newer than an instant, in front of it.
   */
  abstract latest(equipmentId: string, budget?: WorkBudget): Promise<StoredReading | undefined>;

  /**
   * The readings as they were at an instant, to the millisecond: everything that was accepted by then and nothing later.
   * Expired hours and imports that are undone by now are left out. Other imports count in whole from their start.
   * Writes that were in flight at that instant may appear later. No reading is more than eleven minutes ahead of it.
   */
  abstract asOf(instant: Instant): ReadingStore;

  /** Whether anything was ever written for the equipment, even if all of it was removed. One call. */
  abstract hasBlocks(equipmentId: string, budget?: WorkBudget): Promise<boolean>;

  /**
   * Every equipment that has a block, once each, in pages and in an order of the store's own; also those whose readings
   * were all removed. Costs one call for each.
   */
  abstract scanEquipment(budget?: WorkBudget): AsyncIterable<readonly string[]>;

  /**
   * Every reading with `from` ≤ timestamp < `to` in order of time, in pages. A page may be empty after a call that found
   * nothing, so that the caller can check its budget.
   */
  abstract scanRange(
    equipmentId: string,
    from: Instant,
    to: Instant,
    budget?: WorkBudget,
  ): AsyncIterable<readonly StoredReading[]>;
}
