import { Clock } from '@sensorflow/kernel';

/**
 * A clock that never goes back: when the other clock is set back, this one continues from its last value, so that
 * deadlines keep their distance.
 */
export class SteadyClock extends Clock {
  private latestEpochMs = 0;
  private aheadMs = 0;

  constructor(private readonly clock: Clock) {
    super();
  }

  override nowEpochMs(): number {
    const nowEpochMs = this.clock.nowEpochMs() + this.aheadMs;
    if (nowEpochMs < this.latestEpochMs) this.aheadMs += this.latestEpochMs - nowEpochMs;
    this.latestEpochMs = Math.max(this.latestEpochMs, nowEpochMs);
    return this.latestEpochMs;
  }

  override sleep(durationMs: number): Promise<void> {
    return this.clock.sleep(durationMs);
  }
}
