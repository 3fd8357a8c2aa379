import { DomainError } from '@sensorflow/kernel';
import type { VerifiedToken } from './access-token-verifier.js';
import type { Credentials } from './basic-credentials.js';
import { EndedSessions } from './ended-sessions.js';
import { IdentityProvider, type SignInChallenge } from './identity-provider.js';
import { LoginThrottle } from './login-throttle.js';

const CHALLENGES: Readonly<Record<SignInChallenge, string>> = {
  'password-change-required': 'The password must be changed before the first login.',
  'password-reset-required': 'The password was reset; choose a new one first.',
  'mfa-required': 'This account needs a second factor, which this login cannot ask for.',
};

/** A verified token together with its text, which the identity provider wants to see again. */
export interface PresentedToken {
  readonly verified: VerifiedToken;
  readonly accessToken: string;
}

/** Logging in and out. */
export class Sessions {
  constructor(
    private readonly identityProvider: IdentityProvider,
    private readonly throttle: LoginThrottle,
    private readonly endedSessions: EndedSessions,
    private readonly onBestEffortFailed: (error: unknown) => void,
  ) {}

  /**
   * The access token for a name and a password.
   *
   * Throws DomainError: what `IdentityProvider.signIn` and `LoginThrottle.admit` throw, and
   * `forbidden` with the challenge as its code.
   */
  async login(credentials: Credentials, address: string): Promise<string> {
    await this.throttle.admit(credentials.username, address);
    const outcome = await this.identityProvider.signIn(credentials);
    if (outcome.kind === 'challenged') {
      throw new DomainError('forbidden', outcome.challenge, CHALLENGES[outcome.challenge]);
    }
    // The count of attempts ends by itself; it must not keep out who knows the password.
    await this.throttle.forgive(credentials.username).catch(this.onBestEffortFailed);
    return outcome.accessToken;
  }

  /** Ends the session everywhere. Throws what `EndedSessions.end` throws; safe to repeat then. */
  async logout(token: PresentedToken): Promise<void> {
    await this.endedSessions.end(token.verified);
    if (token.verified.caller.kind === 'machine') return;
    // We refuse the token by now; that Cognito also forgets the sign-in only rounds it off.
    await this.identityProvider.endSession(token.accessToken).catch(this.onBestEffortFailed);
  }
}
