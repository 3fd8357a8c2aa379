import { AttemptCounter } from '@sensorflow/auth/attempt-counter.js';
import {
  withOneMore,
  type AttemptLimit,
  type AttemptRate,
  type Attempts,
} from '@sensorflow/auth/attempt-limit.js';

/** Attempts that several "processes" of a test can share. */
export class InMemoryAttemptCounter extends AttemptCounter {
  private readonly attempts = new Map<string, Attempts>();
  private readonly fullAtEpochMs = new Map<string, number>();

  async reserve(key: string, limit: AttemptLimit, nowEpochMs: number): Promise<number> {
    const after = withOneMore(this.attempts.get(key), limit, nowEpochMs);
    if (typeof after === 'number') return after;
    this.attempts.set(key, after);
    return 0;
  }

  async waitMs(key: string, limit: AttemptLimit, nowEpochMs: number): Promise<number> {
    const after = withOneMore(this.attempts.get(key), limit, nowEpochMs);
    return typeof after === 'number' ? after : 0;
  }

  async giveBack(key: string): Promise<void> {
    const before = this.attempts.get(key);
    if (before && before.count > 0) this.attempts.set(key, { ...before, count: before.count - 1 });
  }

  async clear(key: string): Promise<void> {
    this.attempts.delete(key);
  }

  async reserveInRate(key: string, rate: AttemptRate, nowEpochMs: number): Promise<number> {
    const fullAt = Math.max(this.fullAtEpochMs.get(key) ?? 0, nowEpochMs);
    const waitMs = fullAt - nowEpochMs - (rate.burst - 1) * rate.refillEveryMs;
    if (waitMs > 0) return waitMs;
    this.fullAtEpochMs.set(key, fullAt + rate.refillEveryMs);
    return 0;
  }

  async giveBackToRate(key: string, { refillEveryMs }: AttemptRate): Promise<void> {
    const fullAt = this.fullAtEpochMs.get(key);
    if (fullAt !== undefined) this.fullAtEpochMs.set(key, fullAt - refillEveryMs);
  }
}
