import type { RowTable } from '@sensorflow/sensor-data';

/** Before anything is known of the store's pace. */
const FIRST_BLOCKS = 8192;
const LEAST_BLOCKS = 1024;
/** However fast the store is: each is looked up by a number that lies in the heap. */
const MOST_GROUPS = 20_000;
/** Of rows that share their equipment and hour with many others: that many do not fit into one block. */
const FIRST_BLOCKS_PER_ROW = 1 / 16;

/** What a batch holds, as its reader knows it. */
type Batch = Pick<RowTable, 'count' | 'groups'>;

/**
 * Sizes batches so that the store takes each within a given time: a run hands over, and saves how far it
 * came, between batches.
 */
export class BatchPace {
  private mostBlocks = FIRST_BLOCKS;
  /** Beyond one block for each equipment and hour. */
  private blocksPerRow = FIRST_BLOCKS_PER_ROW;

  constructor(private readonly targetMs: number) {}

  /** Whether the batch has about as many blocks as the store takes in the time. */
  isReached({ count, groups }: Batch): boolean {
    return groups >= MOST_GROUPS || groups + count * this.blocksPerRow >= this.mostBlocks;
  }

  /** The batch had so many blocks, and took so long from its first call to the store to the last answer. */
  note({ count, groups }: Batch, blocks: number, tookMs: number): void {
    if (blocks === 0) return;
    this.blocksPerRow = (blocks - groups) / count;
    this.mostBlocks = Math.max(LEAST_BLOCKS, (blocks * this.targetMs) / Math.max(1, tookMs));
  }
}
