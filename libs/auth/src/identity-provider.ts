import { DomainError } from '@sensorflow/kernel';
import type { Credentials } from './basic-credentials.js';

/** Why a right password is not enough. Each is a code of its own for the caller. */
export type SignInChallenge =
  'password-change-required' | 'password-reset-required' | 'mfa-required';

/** What a new password is sent back with when a first login demands one. */
export interface NewPasswordDemand {
  readonly username: string;
  readonly session: string;
}

export type SignInOutcome =
  | { readonly kind: 'signed-in'; readonly accessToken: string }
  | { readonly kind: 'new-password-demanded'; readonly demand: NewPasswordDemand }
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

  /**
   * Answers the demand and signs in. Throws what `signIn` throws, and `invalid` (`password-refused`)
   * with the rules that the password breaks.
   */
  abstract answerDemand(demand: NewPasswordDemand, newPassword: string): Promise<SignInOutcome>;

  /** Replaces the password of the token's user. Throws the same; the token stays valid. */
  abstract changePassword(
    accessToken: string,
    currentPassword: string,
    newPassword: string,
  ): Promise<void>;

  /**
   * Whether the token's user may still use it: false once the user was disabled or deleted, or the
   * token was revoked. May throw anything when it does not decide. Safe to repeat.
   */
  abstract acceptsToken(accessToken: string): Promise<boolean>;
}

export function identityProviderBusy(cause?: unknown): DomainError {
  return new DomainError('overloaded', 'identity-provider-busy', 'Too many logins at once.', {
    cause,
    retryAfterSeconds: 5,
  });
}
