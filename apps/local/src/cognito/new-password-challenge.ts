import { randomBytes } from 'node:crypto';
import type { Clock } from '@sensorflow/kernel';
import type { AppClient } from './app-client.js';
import { type CognitoError, notAuthorized } from './cognito-error.js';
import { hashPassword } from './password-hash.js';
import { checkPasswordPolicy } from './password-policy.js';
import type { PoolUser } from './pool-user.js';
import type { SignInStore } from './sign-in-store.js';
import type { UserStore } from './user-store.js';
import { usernameKey } from './username.js';

const SESSION_LIFETIME_MS = 3 * 60_000;

/** The challenge NEW_PASSWORD_REQUIRED, put to who has signed in with a temporary password. */
export class NewPasswordChallenge {
  constructor(
    private readonly users: UserStore,
    private readonly signIns: SignInStore,
    private readonly clock: Clock,
  ) {}

  /** Opens a session that this user and this client alone can answer, once, within three minutes. */
  open(user: PoolUser, client: AppClient): object {
    const session = randomBytes(48).toString('base64url');
    const now = this.clock.nowEpochMs();
    const expiresAtEpochMs = now + SESSION_LIFETIME_MS;
    const challenge = { clientId: client.id, sub: user.sub, expiresAtEpochMs };
    this.signIns.insertChallenge(session, challenge, now);
    return {
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: session,
      ChallengeParameters: {
        USER_ID_FOR_SRP: user.username,
        requiredAttributes: '[]',
        userAttributes: JSON.stringify(user.attributes),
      },
    };
  }

  /**
   * Gives the user the new password. A password against the policy leaves the session open for a
   * better one; every other refusal is the same, whatever is wrong with the session.
   */
  async answer(
    client: AppClient,
    username: string,
    session: string,
    newPassword: string,
  ): Promise<PoolUser> {
    const user = this.challengedUser(client, username, session);
    checkPasswordPolicy(newPassword);
    const passwordHash = await hashPassword(newPassword);
    // Looked at again: of two answers at once, only the first still finds the session.
    this.challengedUser(client, username, session);
    this.signIns.dropChallengesOf(user.sub);
    this.users.setPassword(user.sub, passwordHash, 'CONFIRMED', this.clock.nowEpochMs());
    return user;
  }

  private challengedUser(client: AppClient, username: string, session: string): PoolUser {
    const challenge = this.signIns.findChallenge(session);
    if (challenge === undefined || challenge.clientId !== client.id) throw invalidSession();
    if (this.clock.nowEpochMs() >= challenge.expiresAtEpochMs) throw invalidSession();
    const user = this.users.findBySub(challenge.sub);
    if (user === undefined) throw invalidSession();
    if (usernameKey(user.username) !== usernameKey(username)) throw invalidSession();
    if (!user.enabled) throw notAuthorized('User is disabled.');
    return user;
  }
}

function invalidSession(): CognitoError {
  return notAuthorized('Invalid session for the user.');
}
