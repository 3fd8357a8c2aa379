import type { GroupCommitOptions } from './group-commit-options.js';

/**
 * How many calls may be in flight: one more after each window of successes while half of it is in use,
 * half when the store throttles or most calls are slow. Calls that were sent before the last halving do not halve it
 * again.
 */
export class CallWindow {
  private size: number;
  private successes = 0;
  /** Slow calls minus fast ones: a few hanging calls do not mean that the store is slow. */
  private slowCalls = 0;
  private sent = 0;
  private sentAtLastHalving = 0;

  constructor(
    private readonly options: Pick<GroupCommitOptions, 'minCalls' | 'maxCalls' | 'firstCalls'>,
  ) {
    this.size = options.firstCalls;
  }

  get calls(): number {
    return this.size;
  }

  /** The number of a call that leaves now. */
  leave(): number {
    this.sent += 1;
    return this.sent;
  }

  /** Grows only while half of it is in use: an idle window shows nothing. */
  succeeded(callsInFlight: number): void {
    if (callsInFlight * 2 < this.size) return;
    this.successes += 1;
    if (this.successes < this.size) return;
    this.successes = 0;
    this.size = Math.min(this.options.maxCalls, this.size + 1);
  }

  answeredFast(): void {
    this.slowCalls = Math.max(0, this.slowCalls - 1);
  }

  /** Without this, a store that queues instead of throttling would get more and more calls until all time out. */
  waitsLong(callNumber: number): void {
    if (callNumber <= this.sentAtLastHalving) return;
    this.slowCalls += 1;
    if (this.slowCalls * 2 > this.size) this.halve();
  }

  throttled(callNumber: number): void {
    if (callNumber > this.sentAtLastHalving) this.halve();
  }

  private halve(): void {
    this.sentAtLastHalving = this.sent;
    this.successes = 0;
    this.slowCalls = 0;
    this.size = Math.max(this.options.minCalls, Math.floor(this.size / 2));
  }
}
