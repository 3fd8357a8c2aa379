import type { VerifiedToken } from './access-token-verifier.js';
import type { Credentials } from './basic-credentials.js';
import { EndedSessions } from './ended-sessions.js';
import { accessTokenOf, ThrottledSignIn } from './sign-in.js';

/** A verified token together with its text. */
export interface PresentedToken {
  readonly verified: VerifiedToken;
  readonly accessToken: string;
}

/** Logging in and out. */
export class Sessions {
  constructor(
    private readonly signIn: ThrottledSignIn,
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
}
