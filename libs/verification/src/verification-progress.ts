import type { Hour, ReplaceOutcome } from '@sensorflow/aggregation';

/** How far the sweep has come, and who is at it. */
export interface SweepPosition {
  /** 1 for the first, one more with each. */
  readonly version: number;
  /** The hour to be swept next. */
  readonly next: Hour;
  /** Until then its writer sweeps, and nobody else; in the past when nobody does. */
  readonly heldUntilEpochMs: number;
}

/**
 * Where the processes agree on who sweeps. All methods throw DomainError `unavailable`
 * (`store-unavailable`) when the store does not answer; a write may have happened then.
 */
export abstract class SweepLedger {
  /** Undefined until there is one. Strongly consistent. */
  abstract read(): Promise<SweepPosition | undefined>;

  /** In the place of its version − 1, in one atomic step; `conflict` when another stands there. */
  abstract replace(position: SweepPosition): Promise<ReplaceOutcome>;
}
