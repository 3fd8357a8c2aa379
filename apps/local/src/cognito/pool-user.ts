/** FORCE_CHANGE_PASSWORD is a user whose password is temporary. */
export type UserStatus = 'CONFIRMED' | 'FORCE_CHANGE_PASSWORD';

/** A user of a pool. */
export interface PoolUser {
  readonly sub: string;
  readonly poolId: string;
  readonly username: string;
  readonly passwordHash: string;
  readonly status: UserStatus;
  readonly enabled: boolean;
  /** Without `sub`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly createdAtEpochMs: number;
  readonly modifiedAtEpochMs: number;
}
