import { DomainError, type Clock } from '@sensorflow/kernel';
import type { HourRecomputation } from './hour-recomputation.js';

/**
 * How far a run is done with hours. Many equipment share an hour of the fleet, whose sums are therefore recomputed
 * now and then; only what is in them is done, so that no kill leaves them behind.
 */
export class DoneHours<Reached> {
  private reached: Reached | undefined;
  private settledAtEpochMs: number;
  private readonly startedAtEpochMs: number;

  /** @param sumsMs between two recomputations of the sums, at least; twice as long after each */
  constructor(
    private readonly aggregates: Pick<HourRecomputation, 'recomputeSums'>,
    private readonly clock: Clock,
    private readonly sumsMs: number,
  ) {
    this.startedAtEpochMs = clock.nowEpochMs();
    this.settledAtEpochMs = this.startedAtEpochMs;
  }

  /** All hours up to there are recomputed. */
  noteRecomputed(reached: Reached): void {
    this.reached = reached;
  }

  /** A kill costs about half of what a run has done, at the most. */
  get isDue(): boolean {
    const { startedAtEpochMs, settledAtEpochMs, sumsMs } = this;
    const pauseMs = Math.max(sumsMs, sumsMs && settledAtEpochMs - startedAtEpochMs);
    return this.clock.nowEpochMs() - settledAtEpochMs >= pauseMs;
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

  /** The same at the end of a run's time: if it does not suffice, the next run does those hours again. */
  async settleInTime(deadlineEpochMs: number): Promise<Reached | undefined> {
    try {
      return await this.settle(deadlineEpochMs);
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unavailable') return undefined;
      throw error;
    }
  }
}
