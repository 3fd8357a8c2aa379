import { Clock } from '@sensorflow/kernel';

/**
 * A clock that goes on where it was when the other one is set back: a deadline stays as near as it was.
 * What passed between the last look and the first one after is lost.
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
