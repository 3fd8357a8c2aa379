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

/** What a budget and its parts have spent together. */
interface Ledger {
  readonly spent: { -readonly [K in keyof WorkCost]: WorkCost[K] };
  startedAtEpochMs?: number;
}

export const LIST_LIMITS: WorkLimits = { storeCalls: 100, ms: 2000 };

/**
 * The work of one request at the store: it ends when the client goes, its cost is counted, and a list
 * that has spent it answers what it has, with a cursor.
 */
export class WorkBudget {
  private ledger: Ledger = { spent: { storeCalls: 0, storeItems: 0, storeMs: 0 } };

  /** @param signal aborts when nobody waits for the answer any more */
  constructor(
    readonly signal: AbortSignal,
    private readonly clock: Clock,
    private readonly limits: WorkLimits = LIST_LIMITS,
  ) {}

  get cost(): WorkCost {
    return this.ledger.spent;
  }

  /** For a part of the work that ends earlier: what it spends is spent of this budget. */
  endingWith(signal: AbortSignal): WorkBudget {
    const part = new WorkBudget(AbortSignal.any([this.signal, signal]), this.clock, this.limits);
    part.ledger = this.ledger;
    return part;
  }

  /** Makes one call to the store and counts it. Throws the signal's reason once that has aborted. */
  async call<T>(
    send: (signal: AbortSignal) => Promise<T>,
    itemsIn: (answer: T) => number = () => 1,
  ): Promise<T> {
    this.signal.throwIfAborted();
    const startedAt = this.clock.nowEpochMs();
    const { spent } = this.ledger;
    this.ledger.startedAtEpochMs ??= startedAt;
    spent.storeCalls += 1;
    try {
      const answer = await send(this.signal);
      spent.storeItems += itemsIn(answer);
      return answer;
    } catch (error) {
      this.signal.throwIfAborted();
      throw error;
    } finally {
      spent.storeMs += this.clock.nowEpochMs() - startedAt;
    }
  }

  /** Whether the page ends here. Never before the first call, so that every page gets on. */
  isSpent({ storeCalls, ms }: WorkLimits = this.limits): boolean {
    const { spent, startedAtEpochMs } = this.ledger;
    if (startedAtEpochMs === undefined) return false;
    return spent.storeCalls >= storeCalls || this.clock.nowEpochMs() - startedAtEpochMs >= ms;
  }
}
