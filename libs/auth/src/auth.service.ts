import { DomainError } from '@sensorflow/kernel';
import { AccessTokenVerifier, type VerifiedToken } from './access-token-verifier.js';
import type { Credentials } from './basic-credentials.js';
import { EndedSessions } from './ended-sessions.js';
import { IdentityProvider } from './identity-provider.js';
import { accessTokenOf, ThrottledSignIn } from './sign-in.js';

/** A verified token together with its text. */
export interface PresentedToken {
  readonly verified: VerifiedToken;
  readonly accessToken: string;
}

/** Logging in and out, and setting one's own password. */
export class AuthService {
  constructor(
    private readonly signIn: ThrottledSignIn,
    private readonly identityProvider: IdentityProvider,
    private readonly verifier: AccessTokenVerifier,
    private readonly endedSessions: EndedSessions,
  ) {}

  /**
   * The access token for a name and a password.
   *
   * Throws DomainError: what `ThrottledSignIn.signIn` throws, and `forbidden` with the challenge as
   * its code.
   */
  async login(credentials: Credentials, address: string): Promise<string> {
    return accessTokenOf(await this.signIn.signIn(credentials, address));
  }

  /**
   * Ends this one session everywhere. Throws what `EndedSessions.end` throws; safe to repeat then.
   *
   * The identity provider is not told: its sign-out would end all sessions of the user, and the
   * refresh token, without which nothing renews this one, was never kept.
   */
  async logout(token: PresentedToken): Promise<void> {
    await this.endedSessions.end(token.verified);
  }

  /**
   * Sets the password that a first login demands, or changes the current one. Ends all other sessions
   * of the user and answers the access token of a new one.
   *
   * Throws DomainError: what `login` and `IdentityProvider.changePassword` throw, and
   * `unavailable` (`older-sessions-not-ended`) when the password is set but the rest failed.
   */
  async setPassword(current: Credentials, newPassword: string, address: string): Promise<string> {
    const accessToken = await this.replacePassword(current, newPassword, address);
    try {
      await this.endedSessions.endOthers(await this.verifier.verify(accessToken));
    } catch (cause) {
      throw new DomainError(
        'unavailable',
        'older-sessions-not-ended',
        'The new password is set, but older sessions were not ended. Send it again, with the new ' +
          'password as the current one too.',
        { cause, retryAfterSeconds: 2 },
      );
    }
    return accessToken;
  }

  private async replacePassword(
    current: Credentials,
    newPassword: string,
    address: string,
  ): Promise<string> {
    const outcome = await this.signIn.signIn(current, address);
    if (outcome.kind === 'new-password-demanded') {
      return accessTokenOf(await this.identityProvider.answerDemand(outcome.demand, newPassword));
    }
    const accessToken = accessTokenOf(outcome);
    await this.identityProvider.changePassword(accessToken, current.password, newPassword);
    return accessToken;
  }
}
