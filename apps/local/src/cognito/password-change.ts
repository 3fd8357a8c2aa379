import type { Clock } from '@sensorflow/kernel';
import type { PasswordCheck } from './password-check.js';
import { hashPassword } from './password-hash.js';
import { checkPasswordPolicy } from './password-policy.js';
import type { PoolUser } from './pool-user.js';
import type { UserStore } from './user-store.js';

/** ChangePassword: a signed-in user replaces the password. Tokens stay valid, as they do in AWS. */
export class PasswordChange {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordCheck,
    private readonly clock: Clock,
  ) {}

  /** A wrong current password counts as one at a sign-in. Throws CognitoError for what AWS refuses. */
  async change(user: PoolUser, current: string, proposed: string): Promise<void> {
    const { sub } = await this.passwords.findUser(user.poolId, user.username, current);
    checkPasswordPolicy(proposed);
    const passwordHash = await hashPassword(proposed);
    this.users.setPassword(sub, passwordHash, 'CONFIRMED', this.clock.nowEpochMs());
  }
}
