import { AttemptCounter, type AttemptLimit } from '@sensorflow/auth/attempt-counter.js';

interface Window {
  attempts: number;
  readonly endsAtEpochMs: number;
}

/** Attempts that several "processes" of a test can share. */
export class InMemoryAttemptCounter extends AttemptCounter {
  private readonly windows = new Map<string, Window>();

  async count(key: string, limit: AttemptLimit, nowEpochMs: number): Promise<number> {
    const window = this.windows.get(key);
    if (!window || window.endsAtEpochMs <= nowEpochMs) {
      this.windows.set(key, { attempts: 1, endsAtEpochMs: nowEpochMs + limit.windowMs });
      return 0;
    }
    if (window.attempts >= limit.attempts) return window.endsAtEpochMs - nowEpochMs;
    window.attempts += 1;
    return 0;
  }

  async clear(key: string): Promise<void> {
    this.windows.delete(key);
  }
}
