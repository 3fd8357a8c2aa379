import type { WriteOutcome } from './group-commit/write-unit.js';
import type { StoredBlock } from './log/block.js';
import type { Reading } from './reading.js';

/** When it is worth trying again what the store did not take, or did not confirm. */
export const RETRY_AFTER_SECONDS = 1;

/**
 * The one door through which readings are written: single, batch, CSV, removals. Concurrent calls may
 * share blocks and calls to the store; every caller is answered for its own readings.
 *
 * Guarantees: `stored` only after the store confirmed the block; of several values for one instant and
 * metric, the later in a call stands, and that of a call which began after the other was answered; an
 * answer for every reading within the writer's deadline; repeating a call is always safe.
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

  /** The same for blocks that were sealed elsewhere. */
  abstract writeBlocks(
    blocks: readonly StoredBlock[],
    callerId?: string,
  ): Promise<readonly WriteOutcome[]>;

  /** For a process that is about to end: every call from now on is answered within this time from now. */
  abstract answerWithin(durationMs: number): void;
}
