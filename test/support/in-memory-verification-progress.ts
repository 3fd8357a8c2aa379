import type { ReplaceOutcome } from '@sensorflow/aggregation';
import {
  VerificationProgress,
  type VerificationPosition,
} from '@sensorflow/verification/verification-progress.js';

/** The progress of the hourly verification in memory, for tests; keeps the contract of VerificationProgress. */
export class InMemoryVerificationProgress extends VerificationProgress {
  private position: VerificationPosition | undefined;

  override async read(): Promise<VerificationPosition | undefined> {
    return Promise.resolve(this.position);
  }

  override async replace(position: VerificationPosition): Promise<ReplaceOutcome> {
    await Promise.resolve();
    if ((this.position?.version ?? 0) !== position.version - 1) return 'conflict';
    this.position = position;
    return 'replaced';
  }
}
