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
  /** Goes on behind this instant of the same range and order. */
  readonly after?: Instant;
}

export interface ReadingPage {
  readonly readings: readonly StoredReading[];
  /** Where the next page goes on (`after`), or undefined at the end. */
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
   * `range-too-costly`: much may lie before it that was removed, or that did not stand as of an instant.
   */
  abstract latest(equipmentId: string, budget?: WorkBudget): Promise<StoredReading | undefined>;

  /**
   * What stood at an instant, to the millisecond: all that was accepted by then and nothing that came later.
   * Nothing of hours that have expired and of imports that are undone by now; of other imports everything
   * from their start on. What was on its way at that instant may still appear. Nothing lies more than
   * eleven minutes ahead of the instant.
   */
  abstract asOf(instant: Instant): ReadingStore;

  /** Whether anything was ever written of the equipment, also if nothing of it stands any more. One call. */
  abstract hasBlocks(equipmentId: string, budget?: WorkBudget): Promise<boolean>;

  /**
   * Every equipment that has a block, once, some at a time, in an order of the store's own; also of which
   * nothing stands any more. Costs one call for each.
   */
  abstract scanEquipment(budget?: WorkBudget): AsyncIterable<readonly string[]>;

  /**
   * Every reading with `from` ≤ timestamp < `to` in order of time, some at a time; none where the store was asked and
   * had nothing to show, so that the caller can look at its budget.
   */
  abstract scanRange(
    equipmentId: string,
    from: Instant,
    to: Instant,
    budget?: WorkBudget,
  ): AsyncIterable<readonly StoredReading[]>;
}
