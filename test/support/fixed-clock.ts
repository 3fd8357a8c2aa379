import { Clock } from '@sensorflow/kernel';

/** Time that stands still, except that sleeping moves it on at once. */
export class FixedClock extends Clock {
  private epochMs: number;

  constructor(now: string | number = '2023-09-01T00:00:00.000Z') {
    super();
    this.epochMs = new Date(now).getTime();
  }

  override nowEpochMs(): number {
    return this.epochMs;
  }

  override sleep(durationMs: number): Promise<void> {
    this.advance(durationMs);
    return Promise.resolve();
  }

  advance(durationMs: number): void {
    this.epochMs += durationMs;
  }
}
