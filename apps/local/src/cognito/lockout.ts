/** Wrong passwords for one username, whether or not such a user exists. */
export interface FailedSignIns {
  readonly failures: number;
  readonly lockedUntilEpochMs: number;
  readonly lastAttemptAtEpochMs: number;
}

export const FORGET_FAILURES_AFTER_MS = 15 * 60_000;
const FREE_FAILURES = 5;
const LONGEST_LOCK_SECONDS = 15 * 60;

/**
 * Cognito's lockout: from the fifth wrong password n on, 2^(n-5) seconds, at most 15 minutes; forgotten
 * after 15 minutes without an attempt.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html
 */
export function afterWrongPassword(
  before: FailedSignIns | undefined,
  nowEpochMs: number,
): FailedSignIns {
  const failures = (isForgotten(before, nowEpochMs) ? 0 : (before?.failures ?? 0)) + 1;
  const lockedUntilEpochMs = nowEpochMs + lockSeconds(failures) * 1000;
  return { failures, lockedUntilEpochMs, lastAttemptAtEpochMs: nowEpochMs };
}

export function isLocked(record: FailedSignIns | undefined, nowEpochMs: number): boolean {
  return record !== undefined && nowEpochMs < record.lockedUntilEpochMs;
}

function lockSeconds(failures: number): number {
  return failures < FREE_FAILURES
    ? 0
    : Math.min(2 ** (failures - FREE_FAILURES), LONGEST_LOCK_SECONDS);
}

function isForgotten(record: FailedSignIns | undefined, nowEpochMs: number): boolean {
  return (
    record !== undefined && nowEpochMs - record.lastAttemptAtEpochMs >= FORGET_FAILURES_AFTER_MS
  );
}
