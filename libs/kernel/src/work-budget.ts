import type { Clock } from './clock.js';

/** How much a list may ask of the store for one page. */
export interface WorkLimits {
  readonly storeCalls: number;
  readonly ms: number;
}

export interface WorkCost {
  readonly storeCalls: number;
  /** Items that the store read, whether they are in the answer or not. */
  readonly storeItems: number;
  /** The time that all calls took together. */
  readonly storeMs: number;
}

/** What a budget has spent, and all of its parts. */
interface Ledger {
  readonly spent: { -readonly [K in keyof WorkCost]: WorkCost[K] };
  startedAtEpochMs?: number;
}

export const LIST_LIMITS: WorkLimits = { storeCalls: 100, ms: 2000 };

/**
 * Limits and counts what one request asks of the store. The work ends when the client disconnects. A list whose budget
 * is spent answers what it has, with a cursor.
 */
export class WorkBudget {
  private own: Ledger = { spent: { storeCalls: 0, storeItems: 0, storeMs: 0 } };
  /** The ledgers of the budgets that this is a part of. */
  private above: readonly Ledger[] = [];

  /** @param signal aborts when the client has disconnected */
  constructor(
    readonly signal: AbortSignal,
    private readonly clock: Clock,
    private readonly limits: WorkLimits = LIST_LIMITS,
  ) {}

  get cost(): WorkCost {
    return this.own.spent;
  }

  /** For a part of the work with a signal of its own. Its cost counts here. */
  endingWith(signal: AbortSignal): WorkBudget {
    const part = new WorkBudget(AbortSignal.any([this.signal, signal]), this.clock, this.limits);
    [part.own, part.above] = [this.own, this.above];
    return part;
  }

  /** For a part of the work with limits of its own. Its cost counts here too. */
  partWith(limits: WorkLimits): WorkBudget {
    const part = new WorkBudget(this.signal, this.clock, limits);
    part.above = [this.own, ...this.above];
    return part;
  }

  /** Makes one call to the store and counts it. Throws the signal's reason once that has aborted. */
  async call<T>(
    send: (signal: AbortSignal) => Promise<T>,
    itemsIn: (answer: T) => number = () => 1,
  ): Promise<T> {
    this.signal.throwIfAborted();
    const startedAt = this.clock.nowEpochMs();
    const ledgers = [this.own, ...this.above];
    for (const ledger of ledgers) {
      ledger.startedAtEpochMs ??= startedAt;
      ledger.spent.storeCalls += 1;
    }
    try {
      const answer = await send(this.signal);
      const items = itemsIn(answer);
      for (const { spent } of ledgers) spent.storeItems += items;
      return answer;
    } catch (error) {
      this.signal.throwIfAborted();
      throw error;
    } finally {
      const ms = this.clock.nowEpochMs() - startedAt;
      for (const { spent } of ledgers) spent.storeMs += ms;
    }
  }

  /** Whether the page ends here. Never before the first call, so that every page makes progress. */
  isSpent({ storeCalls, ms }: WorkLimits = this.limits): boolean {
    const { spent, startedAtEpochMs } = this.own;
    if (startedAtEpochMs === undefined) return false;
    return spent.storeCalls >= storeCalls || this.clock.nowEpochMs() - startedAtEpochMs >= ms;
  }
}
