import { DomainError } from '@sensorflow/kernel';
import { AccessTokenVerifier } from './access-token-verifier.js';
import type { Credentials } from './basic-credentials.js';
import { EndedSessions } from './ended-sessions.js';
import { IdentityProvider } from './identity-provider.js';
import { accessTokenOf, ThrottledSignIn } from './sign-in.js';

/** Setting one's own password. */
export class Passwords {
  constructor(
    private readonly signIn: ThrottledSignIn,
    private readonly identityProvider: IdentityProvider,
    private readonly verifier: AccessTokenVerifier,
    private readonly endedSessions: EndedSessions,
  ) {}

  /**
   * Sets the password that a first login demands, or changes the current one. Ends all other sessions
   * of the user and answers the access token of a new one.
   *
   * Throws DomainError: what `Sessions.login` and `IdentityProvider.changePassword` throw, and
   * `unavailable` (`older-sessions-not-ended`) when the password is set but the rest failed.
   */
  async replace(current: Credentials, newPassword: string, address: string): Promise<string> {
    const accessToken = await this.set(current, newPassword, address);
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

  private async set(current: Credentials, newPassword: string, address: string): Promise<string> {
    const outcome = await this.signIn.signIn(current, address);
    if (outcome.kind === 'new-password-demanded') {
      return accessTokenOf(await this.identityProvider.answerDemand(outcome.demand, newPassword));
    }
    const accessToken = accessTokenOf(outcome);
    await this.identityProvider.changePassword(accessToken, current.password, newPassword);
    return accessToken;
  }
}
