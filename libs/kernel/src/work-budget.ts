import type { Clock } from './clock.js';

/** How much a list may ask of the store for one page. */
export interface WorkLimits {
  readonly storeCalls: number;
  readonly ms: number;
}

export interface WorkCost {
  readonly storeCalls: number;
  /** Looked at by the store, whether they are in the answer or not. */
  readonly storeItems: number;
  /** The time that all calls took together. */
  readonly storeMs: number;
}

export const LIST_LIMITS: WorkLimits = { storeCalls: 100, ms: 2000 };

/**
 * The work of one request at the store: it ends when the client goes, its cost is counted, and a list
 * that has spent it answers what it has, with a cursor.
 */
export class WorkBudget {
  private spent = { storeCalls: 0, storeItems: 0, storeMs: 0 };
  private startedAtEpochMs: number | undefined;

  /** @param signal aborts when nobody waits for the answer any more */
  constructor(
    readonly signal: AbortSignal,
    private readonly clock: Clock,
    private readonly limits: WorkLimits = LIST_LIMITS,
  ) {}

  get cost(): WorkCost {
    return this.spent;
  }

  /** Makes one call to the store and counts it. Throws the signal's reason once that has aborted. */
  async call<T>(
    send: (signal: AbortSignal) => Promise<T>,
    itemsIn: (answer: T) => number = () => 1,
  ): Promise<T> {
    this.signal.throwIfAborted();
    const startedAt = this.clock.nowEpochMs();
    this.startedAtEpochMs ??= startedAt;
    this.spent.storeCalls += 1;
    try {
      const answer = await send(this.signal);
      this.spent.storeItems += itemsIn(answer);
      return answer;
    } catch (error) {
      this.signal.throwIfAborted();
      throw error;
    } finally {
      this.spent.storeMs += this.clock.nowEpochMs() - startedAt;
    }
  }

  /** Whether the page ends here. Never before the first call, so that every page gets on. */
  isSpent({ storeCalls, ms }: WorkLimits = this.limits): boolean {
    if (this.startedAtEpochMs === undefined) return false;
    return (
      this.spent.storeCalls >= storeCalls || this.clock.nowEpochMs() - this.startedAtEpochMs >= ms
    );
  }
}
