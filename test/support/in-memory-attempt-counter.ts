import { AttemptCounter, type Reservation } from '@sensorflow/auth/attempt-counter.js';
import {
  waitMs,
  withOneLess,
  withOneMore,
  type AttemptLimit,
  type AttemptRate,
  type Attempts,
} from '@sensorflow/auth/attempt-limit.js';

/** Attempts that several "processes" of a test can share. */
export class InMemoryAttemptCounter extends AttemptCounter {
  private readonly counted = new Map<string, Attempts>();
  private readonly fullAtEpochMs = new Map<string, number>();

  /** Of how many keys there is something, forgotten or not. */
  get size(): number {
    return this.counted.size + this.fullAtEpochMs.size;
  }

  async reserve(
    key: string,
    limit: AttemptLimit,
    nowEpochMs: number,
  ): Promise<Reservation | number> {
    const before = this.counted.get(key) ?? [];
    const wait = waitMs(before, limit, nowEpochMs);
    if (wait > 0) return wait;
    const attempts = withOneMore(before, limit, nowEpochMs);
    this.counted.set(key, attempts);
    return { key, atEpochMs: nowEpochMs, attempts };
  }

  async attempts(key: string): Promise<Attempts> {
    return this.counted.get(key) ?? [];
  }

  async giveBack({ key, atEpochMs }: Reservation): Promise<void> {
    this.counted.set(key, withOneLess(this.counted.get(key) ?? [], atEpochMs));
  }

  async clear(key: string): Promise<void> {
    this.counted.delete(key);
  }

  async reserveInRate(key: string, rate: AttemptRate, nowEpochMs: number): Promise<number> {
    const fullAt = Math.max(this.fullAtEpochMs.get(key) ?? 0, nowEpochMs);
    const wait = fullAt - nowEpochMs - (rate.burst - 1) * rate.refillEveryMs;
    if (wait > 0) return wait;
    this.fullAtEpochMs.set(key, fullAt + rate.refillEveryMs);
    return 0;
  }

  async giveBackToRate(key: string, { refillEveryMs }: AttemptRate): Promise<void> {
    const fullAt = this.fullAtEpochMs.get(key);
    if (fullAt !== undefined) this.fullAtEpochMs.set(key, fullAt - refillEveryMs);
  }
}
