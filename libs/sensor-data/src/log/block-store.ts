import type { WorkBudget } from '@sensorflow/kernel';
import type { KeyRange } from './block-key.js';
import type { StoredBlock } from './block.js';

/**
 * What became of one block: `stored` is confirmed durable; `not-stored` certainly did not happen;
 * `unknown` may have happened or may still happen; `refused` never will (the store cannot hold it);
 * `clock-wrong` neither: it was stamped while the clock of this machine was wrong.
 */
export type PutOutcome = 'stored' | 'not-stored' | 'unknown' | 'refused' | 'clock-wrong';

/** Blocks of one call; DynamoDB's BatchWriteItem takes no more. */
export const MAX_BLOCKS_PER_CALL = 25;

export interface BlockQuery {
  readonly equipmentId: string;
  readonly keys: KeyRange;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** Continues after this key, which is in the range. */
  readonly after?: string;
}

export interface BlockPage {
  readonly blocks: readonly StoredBlock[];
  /** The last key that was read, or undefined at the end of the range. */
  readonly next: string | undefined;
}

/**
 * The table of readings: blocks under their keys. A block's key names its content, so that every repeated
 * or late attempt of a put writes the same. Everything is strongly consistent. Reads throw DomainError
 * `unavailable` (`store-unavailable`) when the store does not answer, and the reason of the budget's signal.
 */
export abstract class BlockStore {
  /**
   * One call to the store for 1 to 25 blocks with distinct keys. Answers each block for itself, in the
   * order given, and does not throw for a failing store: that is an outcome. One attempt; the caller
   * repeats.
   */
  abstract putAll(blocks: readonly StoredBlock[]): Promise<readonly PutOutcome[]>;

  /** One call: up to `limit` blocks in order of their keys, fewer where the store ends its page. */
  abstract query(query: BlockQuery, budget?: WorkBudget): Promise<BlockPage>;

  /**
   * Every equipment that has a block, once, some at a time, in an order of the store's own. Costs one call
   * for each.
   */
  abstract scanEquipment(budget?: WorkBudget): AsyncIterable<readonly string[]>;
}

const BLOCKS_PER_CALL = 250;

/** Every block under these keys, in their order. Throws what the store throws. */
export async function* blocksUnder(
  store: BlockStore,
  equipmentId: string,
  keys: KeyRange,
  budget?: WorkBudget,
): AsyncGenerator<StoredBlock> {
  const query = { equipmentId, keys, order: 'asc', limit: BLOCKS_PER_CALL } as const;
  let after: string | undefined;
  do {
    const page = await store.query({ ...query, ...(after !== undefined && { after }) }, budget);
    yield* page.blocks;
    after = page.next;
  } while (after !== undefined);
}
