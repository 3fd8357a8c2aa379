/** How much a batch may hold. */
export interface BatchSize {
  readonly rows: number;
  /** Pairs of equipment and hour: each makes a block of its own. */
  readonly groups: number;
}

/** Before anything is known of the store's pace. */
const FIRST_ROWS = 8192;
const LEAST_ROWS = 1024;

/**
 * Sizes batches so that the store takes each within a given time: a run hands over, and saves how far it
 * came, between batches.
 */
export class BatchPace {
  private current: BatchSize;

  constructor(
    private readonly targetMs: number,
    private readonly mostRows: number,
  ) {
    this.current = { rows: Math.min(FIRST_ROWS, mostRows), groups: Math.min(FIRST_ROWS, mostRows) };
  }

  get next(): BatchSize {
    return this.current;
  }

  /** A batch of that size took so long from its first call to the store to the last answer. */
  note({ rows, groups }: BatchSize, tookMs: number): void {
    const factor = this.targetMs / Math.max(1, tookMs);
    this.current = { rows: this.within(rows * factor), groups: this.within(groups * factor) };
  }

  private within(size: number): number {
    return Math.min(this.mostRows, Math.max(LEAST_ROWS, Math.floor(size)));
  }
}
