import type { Instant, WorkBudget } from '@sensorflow/kernel';
import type { ReadingIdentity, StoredReading } from './reading.js';

/**
 * What became of one put: `stored` is confirmed durable; `not-stored` certainly did not happen;
 * `unknown` may have happened or may still happen; `refused` never will (the store cannot hold it).
 */
export type PutOutcome = 'stored' | 'not-stored' | 'unknown' | 'refused';

/** Puts of one call; DynamoDB's BatchWriteItem takes no more. */
export const MAX_PUTS_PER_CALL = 25;

export interface ReadingRange {
  readonly equipmentId: string;
  /** Included. */
  readonly from?: Instant;
  /** Excluded. */
  readonly to?: Instant;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** Goes on behind this reading of the same range and order. */
  readonly after?: Instant;
}

export interface ReadingPage {
  readonly readings: readonly StoredReading[];
  /** Where the next page goes on (`after`), or undefined at the end. */
  readonly next: Instant | undefined;
}

/**
 * The table of readings. Puts replace the whole reading of the same equipment and instant, so that
 * repeating one is safe. Reads throw DomainError `unavailable` (`store-unavailable`) when the store
 * does not answer.
 */
export abstract class ReadingStore {
  /**
   * One call to the store for 1 to 25 readings with distinct keys. Answers each reading for itself,
   * in the order given, and does not throw for a failing store: that is an outcome. One attempt, no
   * retries; the caller decides.
   */
  abstract putAll(readings: readonly StoredReading[]): Promise<readonly PutOutcome[]>;

  /** The reading of that identity, strongly consistent. */
  abstract find(identity: ReadingIdentity): Promise<StoredReading | undefined>;

  /**
   * Removes exactly this reading; `changed` when it does not stand there as it is, and nothing happened.
   * A removal whose answer was lost can say `changed` too. An attempt that lands late harms no other
   * reading. Throws DomainError `unavailable` (`outcome-unknown`) when the store does not confirm.
   */
  abstract removeExactly(reading: StoredReading): Promise<'removed' | 'changed'>;

  /**
   * One page of a time range. Reads its own writes: strongly consistent. It may be short of its limit, also
   * where the budget is spent. Throws the reason of the budget's signal.
   */
  abstract range(query: ReadingRange, budget?: WorkBudget): Promise<ReadingPage>;

  /** The newest reading, strongly consistent. Throws the reason of the budget's signal. */
  abstract latest(equipmentId: string, budget?: WorkBudget): Promise<StoredReading | undefined>;

  /**
   * Every equipment that has a reading, once, strongly consistent, some at a time, in an order of the
   * store's own. It costs one call for each. Throws the reason of the budget's signal.
   */
  abstract scanEquipment(budget?: WorkBudget): AsyncIterable<readonly string[]>;

  /**
   * Every reading with `from` ≤ timestamp < `to` in order of time, strongly consistent,
   * a page of the store at a time: as many as it gives, or at most so many. What aggregation recomputes
   * from. Throws the reason of the budget's signal.
   */
  abstract scanRange(
    equipmentId: string,
    from: Instant,
    to: Instant,
    mostPerPage?: number,
    budget?: WorkBudget,
  ): AsyncIterable<readonly StoredReading[]>;
}
