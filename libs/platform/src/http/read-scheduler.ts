import { DomainError, type WorkBudget } from '@sensorflow/kernel';

/** Weights are calls to the store, as estimated. */
export interface ReadSchedulerLimits {
  /** What runs at once. */
  readonly capacity: number;
  /** Of it, what only reads up to `lightWeight` may use. */
  readonly reservedForLight: number;
  readonly lightWeight: number;
  /** What runs at once for one caller; a single read never weighs more. */
  readonly perCaller: number;
  /** Reads that wait. */
  readonly waiting: number;
  readonly waitingPerCaller: number;
  readonly longestWaitMs: number;
  /** When a large read has waited so long for room, light ones use only what is kept for them. */
  readonly passableMs: number;
}

/** Two reads of a year run side by side, and beside them a dozen of a day: one core parses them all. */
export const READ_SCHEDULER_LIMITS: ReadSchedulerLimits = {
  capacity: 64,
  reservedForLight: 16,
  lightWeight: 4,
  perCaller: 32,
  waiting: 128,
  waitingPerCaller: 16,
  longestWaitMs: 10_000,
  passableMs: 500,
};

export interface ScheduledRead {
  /** Whose share it counts for. */
  readonly caller: string;
  /** How many calls to the store it may take. */
  readonly weight: number;
  readonly budget: WorkBudget;
}

interface WaitingRead {
  readonly read: ScheduledRead;
  readonly sinceMs: number;
  readonly start: () => void;
}

/**
 * Lets reads of more than one call run side by side as far as their weights allow. The others wait a
 * short time: callers take turns, whoever has more reads waiting. One call alone never waits.
 */
export class ReadScheduler {
  private readonly running = new Set<ScheduledRead>();
  /** By caller, in the order of their turns. Nobody is there without a read. */
  private readonly waiting = new Map<string, WaitingRead[]>();

  constructor(private readonly limits: ReadSchedulerLimits = READ_SCHEDULER_LIMITS) {}

  /**
   * Throws DomainError `too-many-reads` (of this caller) or `reads-overloaded` before the work began, the
   * reason of the budget's signal, and what the work throws.
   */
  async run<T>(read: ScheduledRead, work: () => Promise<T>): Promise<T> {
    if (read.weight <= 1) return work();
    if (this.mustWait(read)) await this.turnOf(read);
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
    if (!this.isLight(read)) return this.waiting.size > 0;
    const waiting = [...this.waiting.values()];
    return this.takesRoom(read) && waiting.some(([first]) => first && this.isOverdue(first));
  }

  /** Whether it needs more than what is kept for light reads, and so delays large ones. */
  private takesRoom(read: ScheduledRead): boolean {
    return this.runningWeight(true) + this.weightOf(read) > this.limits.reservedForLight;
  }

  private isOverdue({ read, sinceMs }: WaitingRead): boolean {
    if (this.isLight(read) || !this.hasShare(read) || this.hasRoom(read)) return false;
    return performance.now() - sinceMs >= this.limits.passableMs;
  }

  private async turnOf(read: ScheduledRead): Promise<void> {
    this.refuseTooMany(read.caller);
    const { signal } = read.budget;
    signal.throwIfAborted();
    const turn = Promise.withResolvers<void>();
    const waiting = { read, sinceMs: performance.now(), start: turn.resolve };
    const leave = (reason: unknown): void => {
      this.remove(waiting);
      turn.reject(reason);
      this.startWaiting();
    };
    const clientGone = (): void => leave(signal.reason);
    const timer = setTimeout(() => leave(overloaded()), this.limits.longestWaitMs);
    signal.addEventListener('abort', clientGone, { once: true });
    this.waiting.set(read.caller, [...(this.waiting.get(read.caller) ?? []), waiting]);
    this.startWaiting();
    try {
      await turn.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', clientGone);
    }
  }

  private refuseTooMany(caller: string): void {
    const own = this.waiting.get(caller)?.length ?? 0;
    if (own >= this.limits.waitingPerCaller) throw tooMany();
    const all = [...this.waiting.values()].reduce((sum, { length }) => sum + length, 0);
    if (all >= this.limits.waiting) throw overloaded();
  }

  /**
   * One of each caller whose first read fits. A caller moved behind the others is come across again. No
   * large read passes one that waits for room, and after a while light ones only in the room kept for them,
   * or the largest would wait for ever.
   */
  private startWaiting(): void {
    let onlyLight = false;
    const hasOverdue = [...this.waiting.values()].some(([first]) => first && this.isOverdue(first));
    for (const [, [first]] of this.waiting) {
      if (!first || !this.hasShare(first.read)) continue;
      const { read } = first;
      const isLight = this.isLight(read);
      onlyLight ||= !isLight && !this.hasRoom(read);
      if (!this.hasRoom(read) || (onlyLight && !isLight)) continue;
      if (isLight && hasOverdue && this.takesRoom(read)) continue;
      this.remove(first);
      this.moveBehindOthers(read.caller);
      // At once, and not when it wakes up: the next one has to fit beside it.
      this.running.add(read);
      first.start();
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

  private remove(waiting: WaitingRead): void {
    const { caller } = waiting.read;
    const others = (this.waiting.get(caller) ?? []).filter((each) => each !== waiting);
    if (others.length > 0) this.waiting.set(caller, others);
    else this.waiting.delete(caller);
  }

  private moveBehindOthers(caller: string): void {
    const reads = this.waiting.get(caller);
    if (!reads) return;
    this.waiting.delete(caller);
    this.waiting.set(caller, reads);
  }
}

function tooMany(): DomainError {
  return new DomainError(
    'throttled',
    'too-many-reads',
    'Too many of your large reads are waiting. Send fewer at once, or ask for shorter ranges.',
    { retryAfterSeconds: 2 },
  );
}

function overloaded(): DomainError {
  return new DomainError(
    'overloaded',
    'reads-overloaded',
    'Too many large reads are waiting. Nothing was read; try again, or ask for a shorter range.',
    { retryAfterSeconds: 5 },
  );
}
