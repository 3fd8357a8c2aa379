import { WaitingReads, type ScheduledRead, type WaitingLimits } from './waiting-reads.js';

export interface SmallReadsLimits extends WaitingLimits {
  readonly atOnce: number;
}

/**
 * Reads of one call to the store. One caller may have all that run at once; as soon as others wait too,
 * callers take turns.
 */
export class SmallReads {
  private running = 0;
  private readonly waiting: WaitingReads;

  constructor(private readonly limits: SmallReadsLimits) {
    this.waiting = new WaitingReads(limits);
  }

  /** Throws as `WaitingReads.turnOf` does, and what the work throws. */
  async run<T>(read: ScheduledRead, work: () => Promise<T>): Promise<T> {
    if (this.running < this.limits.atOnce) this.running += 1;
    else await this.waiting.turnOf(read, () => undefined);
    try {
      return await work();
    } finally {
      this.running -= 1;
      this.startNext();
    }
  }

  /** What runs has ended, so there is room for exactly one. */
  private startNext(): void {
    for (const next of this.waiting.firsts()) {
      // At once, and not when it wakes up: the next that comes has to find the room taken.
      this.running += 1;
      this.waiting.start(next);
      return;
    }
  }
}
