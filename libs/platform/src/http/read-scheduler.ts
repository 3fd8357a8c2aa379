import { SmallReads, type SmallReadsLimits } from './small-reads.js';
import {
  WaitingReads,
  type ScheduledRead,
  type WaitingLimits,
  type WaitingRead,
} from './waiting-reads.js';

/** Weights are calls to the store, as estimated. */
export interface ReadSchedulerLimits extends WaitingLimits {
  /** What runs at once. */
  readonly capacity: number;
  /** The part of it that only reads up to `lightWeight` may use. */
  readonly reservedForLight: number;
  readonly lightWeight: number;
  /** What runs at once for one caller; a single read never weighs more. */
  readonly perCaller: number;
  /** After a large read has waited this long, light reads use only their own part. */
  readonly passableMs: number;
  /** Reads of one call, which have room of their own. */
  readonly small: SmallReadsLimits;
}

/**
 * Two reads of a year and a dozen of a day run at the same time, because one core parses them all. Small reads take at
 * most half of the store's connections, so that other requests find one free.
 */
export const READ_SCHEDULER_LIMITS: ReadSchedulerLimits = {
  capacity: 64,
  reservedForLight: 16,
  lightWeight: 4,
  perCaller: 32,
  waiting: 128,
  waitingPerCaller: 16,
  longestWaitMs: 10_000,
  passableMs: 500,
  small: { atOnce: 32, waiting: 4000, waitingPerCaller: 1000, longestWaitMs: 10_000 },
};

/**
 * Runs reads of more than one call at the same time as far as their weights allow. The others wait a short time; callers
 * take turns, however many reads they have. Reads of one call only wait for each other.
 */
export class ReadScheduler {
  private readonly running = new Set<ScheduledRead>();
  private readonly waiting: WaitingReads;
  private readonly small: SmallReads;

  constructor(private readonly limits: ReadSchedulerLimits = READ_SCHEDULER_LIMITS) {
    this.waiting = new WaitingReads(limits);
    this.small = new SmallReads(limits.small);
  }

  /**
   * Throws DomainError `too-many-reads` (of this caller) or `reads-overloaded` before the work began, the
   * reason of the budget's signal, and what the work throws.
   */
  async run<T>(read: ScheduledRead, work: () => Promise<T>): Promise<T> {
    if (read.weight <= 1) return this.small.run(read, work);
    if (this.mustWait(read)) await this.waiting.turnOf(read, () => this.startWaiting());
    else this.running.add(read);
    try {
      return await work();
    } finally {
      this.running.delete(read);
      this.startWaiting();
    }
  }

  /** Light reads pass those that wait for more room than there is kept for them. */
  private mustWait(read: ScheduledRead): boolean {
    if (this.waiting.has(read.caller) || !this.hasShare(read) || !this.hasRoom(read)) return true;
    if (!this.isLight(read)) return this.waiting.callers > 0;
    return this.takesRoom(read) && this.hasOverdue();
  }

  /** Whether it needs more than what is kept for light reads, and so delays large ones. */
  private takesRoom(read: ScheduledRead): boolean {
    return this.runningWeight(true) + this.weightOf(read) > this.limits.reservedForLight;
  }

  private hasOverdue(): boolean {
    return Iterator.from(this.waiting.firsts()).some((first) => this.isOverdue(first));
  }

  private isOverdue({ read, sinceMs }: WaitingRead): boolean {
    if (this.isLight(read) || !this.hasShare(read) || this.hasRoom(read)) return false;
    return performance.now() - sinceMs >= this.limits.passableMs;
  }

  /**
   * One of each caller whose first read fits. A caller moved behind the others is come across again. No
   * large read passes one that waits for room, and after a while light ones only in the room kept for them,
   * or the largest would wait for ever.
   */
  private startWaiting(): void {
    let onlyLight = false;
    const hasOverdue = this.hasOverdue();
    for (const first of this.waiting.firsts()) {
      const { read } = first;
      if (!this.hasShare(read)) continue;
      const isLight = this.isLight(read);
      onlyLight ||= !isLight && !this.hasRoom(read);
      if (!this.hasRoom(read) || (onlyLight && !isLight)) continue;
      if (isLight && hasOverdue && this.takesRoom(read)) continue;
      // At once, and not when it wakes up: the next one has to fit beside it.
      this.running.add(read);
      this.waiting.start(first);
    }
  }

  private hasShare(read: ScheduledRead): boolean {
    const own = [...this.running].filter(({ caller }) => caller === read.caller);
    return this.weightOf(read) + this.weightOfAll(own) <= this.limits.perCaller;
  }

  /** What light reads use of the room that is kept for them takes none from large ones. */
  private hasRoom(read: ScheduledRead): boolean {
    const { capacity, reservedForLight } = this.limits;
    const weight = this.weightOf(read);
    const [light, large] = [this.runningWeight(true), this.runningWeight(false)];
    if (this.isLight(read)) return weight + light + large <= capacity;
    return weight + large + Math.max(0, light - reservedForLight) <= capacity - reservedForLight;
  }

  private runningWeight(ofLight: boolean): number {
    return this.weightOfAll([...this.running].filter((read) => this.isLight(read) === ofLight));
  }

  private isLight({ weight }: ScheduledRead): boolean {
    return weight <= this.limits.lightWeight;
  }

  private weightOfAll(reads: readonly ScheduledRead[]): number {
    return reads.reduce((sum, read) => sum + this.weightOf(read), 0);
  }

  /** As estimated, or as many calls as it has made by now. */
  private weightOf({ weight, budget }: ScheduledRead): number {
    return Math.min(Math.max(weight, budget.cost.storeCalls), this.limits.perCaller);
  }
}
