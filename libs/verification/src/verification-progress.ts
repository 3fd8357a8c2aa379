import type { Hour, ReplaceOutcome } from '@sensorflow/aggregation';

/** How far the hourly verification has come, and which process is at it until when. */
export interface VerificationPosition {
  /** 1 for the first, one more with each. */
  readonly version: number;
  /** The hour to verify next. */
  readonly next: Hour;
  /** Until then only the process that wrote this verifies; in the past when none does. */
  readonly heldUntilEpochMs: number;
}

/**
 * Where the processes agree on which of them verifies. All methods throw DomainError `unavailable`
 * (`store-unavailable`) when the store does not answer; a write may have happened then.
 */
export abstract class VerificationProgress {
  /** Undefined until the first write. Strongly consistent. */
  abstract read(): Promise<VerificationPosition | undefined>;

  /** Replaces its version − 1 in one atomic step; `conflict` when another version is stored. */
  abstract replace(position: VerificationPosition): Promise<ReplaceOutcome>;
}
