import type { Clock } from '@sensorflow/kernel';
import type { ImportQueue } from './import-queue.js';

const ASK_EVERY_MS = 1000;

/**
 * How long a run may work while other messages wait. It counts from the first rows, and is at least as long
 * as a run took to get to them: a gzip file is inflated from its start each time, and must not spend all of
 * its slices on that.
 */
export class TimeSlice {
  private readonly startedAtEpochMs: number;
  private askAtEpochMs: number | undefined;

  constructor(
    private readonly sliceMs: number,
    private readonly queue: Pick<ImportQueue, 'hasWaiting'>,
    private readonly clock: Clock,
  ) {
    this.startedAtEpochMs = clock.nowEpochMs();
  }

  /** Asked after every block. A queue that does not answer takes nobody's turn away. */
  async isOver(): Promise<boolean> {
    const now = this.clock.nowEpochMs();
    this.askAtEpochMs ??= now + Math.max(this.sliceMs, now - this.startedAtEpochMs);
    if (now < this.askAtEpochMs) return false;
    this.askAtEpochMs = now + ASK_EVERY_MS;
    return this.queue.hasWaiting().catch(() => false);
  }
}
