import type { ReplaceOutcome } from '@sensorflow/aggregation';
import { SweepLedger, type SweepPosition } from '@sensorflow/verification';

/** The ledger of the sweep in memory, for tests; keeps the contract of SweepLedger. */
export class InMemorySweepLedger extends SweepLedger {
  private position: SweepPosition | undefined;

  override async read(): Promise<SweepPosition | undefined> {
    return Promise.resolve(this.position);
  }

  override async replace(position: SweepPosition): Promise<ReplaceOutcome> {
    await Promise.resolve();
    if ((this.position?.version ?? 0) !== position.version - 1) return 'conflict';
    this.position = position;
    return 'replaced';
  }
}
