import type { Clock } from '@sensorflow/kernel';
import type { GroupCommitOptions } from './group-commit-options.js';

/** The one timer of a group commit: fires at the earliest of the instants that it was set to. */
export class DeadlineTimer {
  private atEpochMs = Infinity;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly setAlarm: GroupCommitOptions['setAlarm'],
    private readonly onDue: () => void,
  ) {}

  /** Costs one comparison unless the new instant is earlier. */
  setFor(epochMs: number): void {
    if (epochMs >= this.atEpochMs) return;
    this.cancel?.();
    this.atEpochMs = epochMs;
    const afterMs = Math.max(1, epochMs - this.clock.nowEpochMs());
    this.cancel = this.setAlarm(afterMs, () => {
      this.atEpochMs = Infinity;
      this.cancel = undefined;
      this.onDue();
    });
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.atEpochMs = Infinity;
  }
}
