import type { Clock } from '@sensorflow/kernel';
import { type CognitoError, notAuthorized } from './cognito-error.js';
import { afterWrongPassword, isLocked } from './lockout.js';
import { matchesPassword } from './password-hash.js';
import type { PoolUser } from './pool-user.js';
import type { SignInStore } from './sign-in-store.js';
import type { UserStore } from './user-store.js';

/**
 * Finds the user whom username and password name, as a client with PreventUserExistenceErrors ENABLED
 * sees it: an unknown user, a wrong password and a locked name look and cost the same for both.
 */
export class PasswordCheck {
  constructor(
    private readonly users: UserStore,
    private readonly signIns: SignInStore,
    private readonly clock: Clock,
  ) {}

  /** Throws NotAuthorizedException; that a user is disabled it tells only to one who has the password. */
  async findUser(poolId: string, username: string, password: string): Promise<PoolUser> {
    this.refuseWhileLocked(poolId, username);
    const user = this.users.find(poolId, username);
    const matches = await matchesPassword(password, user?.passwordHash);
    // Once more: of many guesses under way at once, only the first five may learn their outcome.
    this.refuseWhileLocked(poolId, username);
    if (user === undefined || !matches) throw this.rememberFailure(poolId, username);
    this.signIns.clearFailures(poolId, username);
    if (!user.enabled) throw notAuthorized('User is disabled.');
    return user;
  }

  /** An attempt during a lock does not lengthen it, but keeps the failures from being forgotten. */
  private refuseWhileLocked(poolId: string, username: string): void {
    const now = this.clock.nowEpochMs();
    const record = this.signIns.failuresOf(poolId, username);
    if (record === undefined || !isLocked(record, now)) return;
    this.signIns.putFailures(poolId, username, { ...record, lastAttemptAtEpochMs: now });
    throw notAuthorized('Password attempts exceeded');
  }

  private rememberFailure(poolId: string, username: string): CognitoError {
    const before = this.signIns.failuresOf(poolId, username);
    const after = afterWrongPassword(before, this.clock.nowEpochMs());
    this.signIns.putFailures(poolId, username, after);
    return notAuthorized('Incorrect username or password.');
  }
}
