import type { Reading, ReadingIdentity, StoredReading } from './reading.js';

/** What became of one reading: stored and confirmed, or why not (see PutOutcome). */
export type WriteOutcome =
  | { readonly outcome: 'stored'; readonly reading: StoredReading }
  | { readonly outcome: 'not-stored' | 'unknown' | 'refused' };

/** Before a reading that was not confirmed is sent again. */
export const RETRY_AFTER_SECONDS = 1;

/**
 * The one door through which readings are written: single, batch and CSV. Concurrent calls may share
 * calls to the store; every caller is answered for its own readings.
 *
 * Guarantees: `stored` only after the store confirmed that very key; of several readings with one key
 * in a call, the last stands (all are answered `stored` when it is); concurrent calls for one key take
 * effect in order of arrival; an answer for every reading within the writer's deadline; repeating a
 * call is always safe.
 */
export abstract class ReadingWriter {
  /**
   * One outcome for each reading, in the order given. Does not throw for a failing store. A call is
   * taken on as a whole or not at all: throws DomainError `overloaded` (`overloaded`) or `unavailable`
   * (`shutting-down`), and then none of its readings was or will be written. A writer that lets its
   * callers wait instead is never `overloaded`.
   *
   * @param callerId whose readings they are: callers take turns, and what one sends makes no other wait or
   *   be refused
   */
  abstract write(readings: readonly Reading[], callerId?: string): Promise<readonly WriteOutcome[]>;

  /**
   * Does other work on one key in its turn: begins when every write of the key that came before is
   * over, and holds up those that come later until it ends. Work that fails ends too. Throws DomainError
   * `unavailable` (`shutting-down`, or `reading-busy` when its turn did not come within the writer's
   * deadline), and then the work was not and will not be begun.
   */
  abstract inTurn<T>(identity: ReadingIdentity, work: () => Promise<T>): Promise<T>;

  /** Every call taken on from now on is answered within so long from now: for a process that is to end. */
  abstract answerWithin(durationMs: number): void;
}
