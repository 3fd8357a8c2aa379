import { ClosingProgress, FIRST_HOUR, type ClosingMark, type Hour } from '@sensorflow/aggregation';

/** The progress of closing in memory, for tests; keeps the contract of ClosingProgress. */
export class InMemoryClosingProgress extends ClosingProgress {
  private readonly marks: Map<ClosingMark, Hour>;

  /** @param closedBefore where all marks begin */
  constructor(closedBefore = FIRST_HOUR) {
    super();
    this.marks = new Map(MARKS.map((mark) => [mark, closedBefore]));
  }

  override async read(mark: ClosingMark): Promise<Hour> {
    return Promise.resolve(this.at(mark));
  }

  override async advance(mark: ClosingMark, to: Hour): Promise<void> {
    await Promise.resolve();
    if (to > this.at(mark)) this.marks.set(mark, to);
  }

  private at(mark: ClosingMark): Hour {
    return this.marks.get(mark) ?? FIRST_HOUR;
  }
}

const MARKS: readonly ClosingMark[] = ['frontier', 'position', 'shard-sums', 'fleet-sums'];
