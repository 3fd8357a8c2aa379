import type { AttemptLimit, AttemptRate } from './attempt-limit.js';

/**
 * Counts attempts by key, for all processes together: no two attempts are ever counted as one. An
 * attempt is reserved before it is made, and given back if it is not to count.
 *
 * Throws DomainError `unavailable` (`login-throttle-unavailable`) when it cannot count.
 */
export abstract class AttemptCounter {
  /** 0 when the attempt is counted, else the milliseconds until one is allowed; then it is not counted. */
  abstract reserve(key: string, limit: AttemptLimit, nowEpochMs: number): Promise<number>;

  /** What `reserve` would answer; nothing is counted. */
  abstract waitMs(key: string, limit: AttemptLimit, nowEpochMs: number): Promise<number>;

  /** Counts one attempt less. */
  abstract giveBack(key: string): Promise<void>;

  /** Forgets the key's attempts. */
  abstract clear(key: string): Promise<void>;

  /** The same as `reserve` for a rate. Keys of limits and of rates are apart. */
  abstract reserveInRate(key: string, rate: AttemptRate, nowEpochMs: number): Promise<number>;

  abstract giveBackToRate(key: string, rate: AttemptRate): Promise<void>;
}
