import type { Clock } from '@sensorflow/kernel';
import type { HourRecomputation } from './hour-recomputation.js';

/**
 * How far a run is done with hours. Many equipment share an hour of the fleet, whose sums are therefore recomputed
 * now and then; only what is in them is done, so that no kill leaves them behind.
 */
export class DoneHours<Reached> {
  private reached: Reached | undefined;
  private settledAtEpochMs: number;

  /** @param sumsMs between two recomputations of the sums, at least */
  constructor(
    private readonly aggregates: Pick<HourRecomputation, 'recomputeSums'>,
    private readonly clock: Clock,
    private readonly sumsMs: number,
  ) {
    this.settledAtEpochMs = clock.nowEpochMs();
  }

  /** All hours up to there are recomputed. */
  noteRecomputed(reached: Reached): void {
    this.reached = reached;
  }

  get isDue(): boolean {
    return this.clock.nowEpochMs() - this.settledAtEpochMs >= this.sumsMs;
  }

  /** Answers how far all is done; undefined where that is known. Throws what `recomputeSums` throws. */
  async settle(deadlineEpochMs: number): Promise<Reached | undefined> {
    const { reached } = this;
    if (reached === undefined) return undefined;
    await this.aggregates.recomputeSums(deadlineEpochMs);
    this.reached = undefined;
    this.settledAtEpochMs = this.clock.nowEpochMs();
    return reached;
  }
}
