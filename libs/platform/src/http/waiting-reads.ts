import { DomainError, SharedRoom, type WorkBudget } from '@sensorflow/kernel';

export interface WaitingLimits {
  /** For all callers together; one may have at most as many as are still free. */
  readonly waiting: number;
  readonly waitingPerCaller: number;
  readonly longestWaitMs: number;
}

export interface ScheduledRead {
  /** Whose share it counts for. */
  readonly caller: string;
  /** How many calls to the store it may take. */
  readonly weight: number;
  readonly budget: WorkBudget;
}

export interface WaitingRead {
  readonly read: ScheduledRead;
  readonly sinceMs: number;
  readonly start: () => void;
}

/** Reads that wait, by caller; the callers are in the order of their turns. */
export class WaitingReads {
  /** Has only callers with waiting reads. */
  private readonly lines = new Map<string, Set<WaitingRead>>();
  private readonly room: SharedRoom;

  constructor(private readonly limits: WaitingLimits) {
    this.room = new SharedRoom(limits.waiting);
  }

  get callers(): number {
    return this.lines.size;
  }

  has(caller: string): boolean {
    return this.lines.has(caller);
  }

  /** The first of each caller. One that is moved behind the others meanwhile is come across again. */
  *firsts(): Iterable<WaitingRead> {
    for (const [first] of this.lines.values()) if (first) yield first;
  }

  /**
   * Resolves when the read is started. Throws DomainError `too-many-reads` (of this caller) or
   * `reads-overloaded`, and the reason of the budget's signal.
   *
   * @param changed called when it has come, and when it leaves without having been started
   */
  async turnOf(read: ScheduledRead, changed: () => void): Promise<void> {
    const { signal } = read.budget;
    signal.throwIfAborted();
    const turn = Promise.withResolvers<void>();
    const waiting = { read, sinceMs: performance.now(), start: turn.resolve };
    this.add(waiting);
    const leave = (reason: unknown): void => {
      this.remove(waiting);
      turn.reject(reason);
      changed();
    };
    const clientGone = (): void => leave(signal.reason);
    const timer = setTimeout(() => leave(overloaded()), this.limits.longestWaitMs);
    signal.addEventListener('abort', clientGone, { once: true });
    changed();
    try {
      await turn.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', clientGone);
    }
  }

  /** It waits no longer, and its caller's next turn comes after those of the others. */
  start(waiting: WaitingRead): void {
    this.remove(waiting);
    const { caller } = waiting.read;
    const line = this.lines.get(caller);
    if (line) {
      this.lines.delete(caller);
      this.lines.set(caller, line);
    }
    waiting.start();
  }

  private add(waiting: WaitingRead): void {
    const { caller } = waiting.read;
    const line = this.lines.get(caller) ?? new Set();
    if (line.size >= this.limits.waitingPerCaller) throw tooMany();
    if (!this.room.take(caller, 1)) throw line.size > 0 ? tooMany() : overloaded();
    this.lines.set(caller, line.add(waiting));
  }

  private remove(waiting: WaitingRead): void {
    const { caller } = waiting.read;
    const line = this.lines.get(caller);
    if (line?.delete(waiting) !== true) return;
    this.room.release(caller, 1);
    if (line.size === 0) this.lines.delete(caller);
  }
}

function tooMany(): DomainError {
  return new DomainError(
    'throttled',
    'too-many-reads',
    'Too many of your reads are waiting. Send fewer at once, or ask for shorter ranges.',
    { retryAfterSeconds: 2 },
  );
}

function overloaded(): DomainError {
  return new DomainError(
    'overloaded',
    'reads-overloaded',
    'Too many reads are waiting. Nothing was read; try again, or ask for a shorter range.',
    { retryAfterSeconds: 5 },
  );
}
