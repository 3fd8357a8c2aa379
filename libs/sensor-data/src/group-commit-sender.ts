import type { Clock } from '@sensorflow/kernel';
import { DrainRate } from './group-commit-drain-rate.js';
import type { GroupCommitOptions } from './group-commit-options.js';
import type { PendingPut } from './group-commit-put.js';
import type { PutQueue } from './group-commit-queue.js';
import { CallWindow } from './group-commit-window.js';
import { MAX_PUTS_PER_CALL, type PutOutcome, type ReadingStore } from './reading-store.js';

/** Told what becomes of the puts that were sent. */
export interface SenderListener {
  /** The put is over, one way or the other. */
  over(put: PendingPut, outcome: 'stored' | 'refused', nowEpochMs: number): void;
  /** The put stays in the queue and leaves again at that time, if anybody still waits for it then. */
  delayed(put: PendingPut, untilEpochMs: number, nowEpochMs: number): void;
  /** A call is settled, with all of its puts. */
  settled(nowEpochMs: number): void;
  /** Asks for `pump` at that time. */
  wakeAt(epochMs: number): void;
}

interface StoreCall {
  readonly puts: readonly PendingPut[];
  readonly number: number;
  readonly sentEpochMs: number;
  isSlow: boolean;
}

/** Puts of one call that leave again together: `attempts` of this kind of failure so far. */
interface Retry {
  readonly delayMs: number;
  readonly puts: PendingPut[];
}

/** Sends the puts of a queue to the store in batches, as many at a time as the store bears. */
export class BatchSender {
  readonly rate: DrainRate;
  readonly totals = { batches: 0, items: 0, retries: 0 };
  private readonly window: CallWindow;
  private readonly calls = new Set<StoreCall>();

  constructor(
    private readonly store: ReadingStore,
    private readonly clock: Clock,
    private readonly options: GroupCommitOptions,
    private readonly queue: PutQueue,
    private readonly listener: SenderListener,
  ) {
    this.rate = new DrainRate(options.rateWarmUpMs);
    this.window = new CallWindow(options);
  }

  get callsInFlight(): number {
    return this.calls.size;
  }

  get freeCalls(): number {
    return Math.max(0, this.window.calls - this.calls.size);
  }

  /** When to look next at the calls that the store has not answered. */
  get nextLookEpochMs(): number {
    let nextEpochMs = Infinity;
    for (const { isSlow, sentEpochMs } of this.calls) {
      if (!isSlow) return Math.min(nextEpochMs, sentEpochMs + this.options.slowCallMs);
      nextEpochMs = Math.min(nextEpochMs, sentEpochMs + this.options.callTimeoutMs);
    }
    return nextEpochMs;
  }

  /** Sends all that may leave now. */
  pump(nowEpochMs: number): void {
    while (this.mayLeave(nowEpochMs)) this.send(this.queue.take(MAX_PUTS_PER_CALL), nowEpochMs);
    if (this.hasBacklog()) this.rate.backlogBegins(nowEpochMs);
    else this.rate.backlogEnds();
    const oldest = this.freeCalls > 0 ? this.queue.callers.oldestReadySinceEpochMs() : undefined;
    if (oldest !== undefined) this.listener.wakeAt(oldest + this.options.maxFillMs);
  }

  /**
   * Puts that the store turned away are one too when there are many for the slots that are left; a few
   * are some hot keys, and say nothing of how long others would take.
   */
  private hasBacklog(): boolean {
    const { freeCalls, queue } = this;
    if (freeCalls === 0 && queue.ready > 0) return true;
    return queue.delayed * 2 > freeCalls * MAX_PUTS_PER_CALL;
  }

  private mayLeave(nowEpochMs: number): boolean {
    const { ready } = this.queue;
    if (ready === 0 || this.freeCalls === 0) return false;
    if (ready >= MAX_PUTS_PER_CALL || this.calls.size < this.options.maxPartialCalls) return true;
    const oldest = this.queue.callers.oldestReadySinceEpochMs() ?? nowEpochMs;
    return nowEpochMs - oldest >= this.options.maxFillMs;
  }

  protected send(puts: readonly PendingPut[], nowEpochMs: number): void {
    const call = { puts, number: this.window.leave(), sentEpochMs: nowEpochMs, isSlow: false };
    this.calls.add(call);
    this.totals.batches += 1;
    this.totals.items += puts.length;
    this.listener.wakeAt(nowEpochMs + this.options.slowCallMs);
    void this.ask(puts).then((outcomes) => this.settle(call, outcomes));
  }

  /** No outcomes when the store breaks its contract and throws: then nobody knows what it did. */
  private async ask(puts: readonly PendingPut[]): Promise<readonly PutOutcome[]> {
    try {
      return await this.store.putAll(puts.map(({ reading }) => reading));
    } catch {
      return [];
    }
  }

  /**
   * Judges the calls that the store has not answered: slow ones narrow the window, late ones give back
   * their slots and their keys. Not when they are answered: a busy process hears of a fast answer late.
   */
  lookAtCalls(nowEpochMs: number): void {
    for (const call of this.calls) {
      const waitedMs = nowEpochMs - call.sentEpochMs;
      if (!call.isSlow && waitedMs >= this.options.slowCallMs) {
        call.isSlow = true;
        this.window.waitsLong(call.number);
      }
      if (waitedMs >= this.options.callTimeoutMs) this.settle(call, []);
    }
  }

  private settle(call: StoreCall, outcomes: readonly PutOutcome[]): void {
    // False when it was given up before: its slot and its keys are others' now.
    if (!this.calls.delete(call)) return;
    const nowEpochMs = this.clock.nowEpochMs();
    const retries = new Map<number, Retry>();
    let notStored = 0;
    for (const [position, put] of call.puts.entries()) {
      const outcome = outcomes[position] ?? 'unknown';
      if (outcome === 'stored' || outcome === 'refused') {
        this.listener.over(put, outcome, nowEpochMs);
        continue;
      }
      if (outcome === 'not-stored') notStored += 1;
      this.giveBack(put, outcome, retries);
    }
    this.adjust(call, notStored, countOf(retries), nowEpochMs);
    for (const retry of retries.values()) this.delay(retry, nowEpochMs);
    this.listener.settled(nowEpochMs);
    this.pump(nowEpochMs);
  }

  /** Puts that failed as often in the same way leave again together: a timer each would be too many. */
  protected giveBack(
    put: PendingPut,
    outcome: 'not-stored' | 'unknown',
    retries: Map<number, Retry>,
  ): void {
    const attempts = put.noteFailure(outcome);
    const ceilingMs = Math.min(
      this.options.maxBackoffMs,
      this.options.firstBackoffMs * 2 ** (attempts - 1),
    );
    const retry = retries.get(ceilingMs) ?? {
      delayMs: this.options.random() * ceilingMs,
      puts: [],
    };
    retry.puts.push(put);
    retries.set(ceilingMs, retry);
  }

  private adjust(call: StoreCall, notStored: number, failed: number, nowEpochMs: number): void {
    this.rate.done(call.puts.length - failed, nowEpochMs);
    if (!call.isSlow) this.window.answeredFast();
    // A few leftovers are one hot key's; most of a batch is the table's limit.
    if (notStored * 2 > call.puts.length) this.window.throttled(call.number);
    else if (failed === 0) this.window.succeeded(this.calls.size + 1);
  }

  private delay({ delayMs, puts }: Retry, nowEpochMs: number): void {
    for (const put of puts) {
      this.queue.delay(put);
      this.listener.delayed(put, nowEpochMs + delayMs, nowEpochMs);
    }
    const left = puts.filter(({ state }) => state === 'delayed');
    if (left.length === 0) return;
    this.totals.retries += left.length;
    void this.resumeAfter(delayMs, left);
  }

  private async resumeAfter(delayMs: number, puts: readonly PendingPut[]): Promise<void> {
    await this.clock.sleep(delayMs);
    const nowEpochMs = this.clock.nowEpochMs();
    for (const put of puts) this.queue.resume(put, nowEpochMs);
    this.pump(nowEpochMs);
  }
}

function countOf(retries: ReadonlyMap<number, Retry>): number {
  let puts = 0;
  for (const retry of retries.values()) puts += retry.puts.length;
  return puts;
}
