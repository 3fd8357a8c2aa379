import type { Reading, StoredReading } from './reading.js';

/** What became of one reading: stored and confirmed, or why not (see PutOutcome). */
export type WriteOutcome =
  | { readonly outcome: 'stored'; readonly reading: StoredReading }
  | { readonly outcome: 'not-stored' | 'unknown' | 'refused' };

/**
 * The one door through which readings are written: single, batch and CSV. Made for a group commit:
 * concurrent calls may share calls to the store, and every caller is answered for its own readings.
 *
 * Guarantees: `stored` only after the store confirmed that very key; of several readings with one key
 * in a call, the last stands (all are answered `stored` when it is); an answer for every reading within
 * the writer's deadline; repeating a call is always safe.
 */
export abstract class ReadingWriter {
  /** One outcome for each reading, in the order given. Does not throw for a failing store. */
  abstract write(readings: readonly Reading[]): Promise<readonly WriteOutcome[]>;
}
