import type { Credentials } from './basic-credentials.js';

/** Why a right password is not enough. Each is a code of its own for the caller. */
export type SignInChallenge =
  'password-change-required' | 'password-reset-required' | 'mfa-required';

export type SignInOutcome =
  | { readonly kind: 'signed-in'; readonly accessToken: string; readonly expiresInSeconds: number }
  | { readonly kind: 'challenged'; readonly challenge: SignInChallenge };

/** Where names and passwords are known. */
export abstract class IdentityProvider {
  /**
   * Not safe to repeat blindly: each call counts as an attempt there.
   *
   * Throws DomainError `unauthenticated` (`invalid-credentials`), the same for an unknown user, a
   * wrong password and a disabled account; `overloaded` (`identity-provider-busy`) or `unavailable`
   * (`identity-provider-unavailable`) when it does not decide.
   */
  abstract signIn(credentials: Credentials): Promise<SignInOutcome>;

  /** Ends the sign-in there, so that nothing can renew it. Safe to repeat. May throw anything. */
  abstract endSession(accessToken: string): Promise<void>;
}
