import type { AttemptLimit, AttemptRate, Attempts } from './attempt-limit.js';

/** An attempt that was counted. */
export interface Reservation {
  readonly key: string;
  readonly atEpochMs: number;
  /** What is counted since then, this attempt included. */
  readonly attempts: Attempts;
}

/**
 * Counts attempts by key, for all processes together: no two attempts are ever counted as one. An
 * attempt is reserved before it is made, and given back if it is not to count.
 *
 * Throws DomainError `unavailable` (`login-throttle-unavailable`) when it cannot count.
 */
export abstract class AttemptCounter {
  /** The reservation, or the milliseconds until an attempt is allowed; then it is not counted. */
  abstract reserve(
    key: string,
    limit: AttemptLimit,
    nowEpochMs: number,
  ): Promise<Reservation | number>;

  /** What is counted, whether a limit still remembers it or not. */
  abstract attempts(key: string): Promise<Attempts>;

  /** As if the attempt had never been made: the wait is again the one after the attempts that are left. */
  abstract giveBack(reservation: Reservation): Promise<void>;

  /** Forgets the key's attempts. */
  abstract clear(key: string): Promise<void>;

  /** 0 when the attempt is counted, else the milliseconds until one is allowed. Keys of limits and of rates are apart. */
  abstract reserveInRate(key: string, rate: AttemptRate, nowEpochMs: number): Promise<number>;

  abstract giveBackToRate(key: string, rate: AttemptRate): Promise<void>;
}
