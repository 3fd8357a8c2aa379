import { setTimeout as delay } from 'node:timers/promises';

/** Time as a dependency, so that a test can hold it still. */
export abstract class Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  abstract nowEpochMs(): number;
  abstract sleep(durationMs: number): Promise<void>;
}

export class SystemClock extends Clock {
  nowEpochMs(): number {
    return Date.now();
  }

  async sleep(durationMs: number): Promise<void> {
    await delay(durationMs);
  }
}
