export interface AttemptLimit {
  readonly attempts: number;
  /** A window begins with its first attempt. */
  readonly windowMs: number;
}

/**
 * Counts attempts by key, for all processes together: no two attempts are ever counted as one.
 *
 * Throws DomainError `unavailable` (`login-throttle-unavailable`) when it cannot count.
 */
export abstract class AttemptCounter {
  /** Counts one attempt: 0 when it is within the limit, else the milliseconds until the window ends. */
  abstract count(key: string, limit: AttemptLimit, nowEpochMs: number): Promise<number>;

  /** Forgets the key's attempts. */
  abstract clear(key: string): Promise<void>;
}
