import type { Credentials } from '@sensorflow/auth/basic-credentials.js';
import { IdentityProvider, type SignInOutcome } from '@sensorflow/auth/identity-provider.js';
import { DomainError } from '@sensorflow/kernel';

/** One user, `ada`; every token that it gives out it accepts, until told otherwise. */
export class InMemoryIdentityProvider extends IdentityProvider {
  password = 'right';
  isTemporary = false;
  /** What is thrown instead of an answer. */
  failure: Error | undefined;
  /** What every sign-in waits for. */
  ready: Promise<void> = Promise.resolve();
  readonly refusedTokens = new Set<string>();
  readonly checkedTokens: string[] = [];
  private signIns = 0;

  override async signIn({ username, password }: Credentials): Promise<SignInOutcome> {
    await this.ready;
    this.fail();
    if (username !== 'ada' || password !== this.password) throw wrongCredentials();
    if (this.isTemporary) {
      return { kind: 'new-password-demanded', demand: { username, session: 'session' } };
    }
    return this.signedIn();
  }

  override async answerDemand(_demand: unknown, newPassword: string): Promise<SignInOutcome> {
    this.set(newPassword);
    this.isTemporary = false;
    return this.signedIn();
  }

  override async changePassword(
    _accessToken: string,
    currentPassword: string,
    newPassword: string,
  ): Promise<void> {
    if (currentPassword !== this.password) throw wrongCredentials();
    this.set(newPassword);
  }

  override async acceptsToken(accessToken: string): Promise<boolean> {
    this.checkedTokens.push(accessToken);
    this.fail();
    return !this.refusedTokens.has(accessToken);
  }

  private set(newPassword: string): void {
    this.fail();
    if (newPassword.length < 5) throw new DomainError('invalid', 'password-refused', 'Too short.');
    this.password = newPassword;
  }

  private signedIn(): SignInOutcome {
    this.signIns += 1;
    return { kind: 'signed-in', accessToken: `token-${this.signIns}` };
  }

  private fail(): void {
    if (this.failure) throw this.failure;
  }
}

function wrongCredentials(): DomainError {
  return new DomainError('unauthenticated', 'invalid-credentials', 'Wrong.');
}
