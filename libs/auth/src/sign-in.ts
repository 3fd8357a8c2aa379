import { DomainError, SharedRoom } from '@sensorflow/kernel';
import type { Credentials } from './basic-credentials.js';
import { clientNetwork } from './client-address.js';
import { identityProviderBusy, IdentityProvider, type SignInOutcome } from './identity-provider.js';
import { accountKey, LoginThrottle, throttled, type AdmittedAttempt } from './login-throttle.js';
import { KeyLock } from './key-lock.js';

/** As many as there should be connections to the provider, so that none waits for one. */
export const MAX_SIGN_INS_IN_PROGRESS = 128;
/** Whoever waits longer for others of the same account and address has long given up. */
const LONGEST_WAIT_MS = 5000;

/** The only way to have a password checked: each check is an attempt that the throttle counts. */
export class ThrottledSignIn {
  private readonly attempts = new KeyLock();
  private readonly inProgress = new SharedRoom(MAX_SIGN_INS_IN_PROGRESS);

  constructor(
    private readonly identityProvider: IdentityProvider,
    private readonly throttle: LoginThrottle,
    private readonly onBestEffortFailed: (error: unknown) => void,
  ) {}

  /**
   * Throws DomainError: what `IdentityProvider.signIn` and `LoginThrottle.admit` throw; `overloaded`
   * (`identity-provider-busy`), before anything is asked or counted, while too many are in progress.
   */
  async signIn(credentials: Credentials, address: string): Promise<SignInOutcome> {
    const network = clientNetwork(address);
    if (!this.inProgress.take(network, 1)) throw identityProviderBusy();
    try {
      return await this.inTurn(credentials, address);
    } finally {
      this.inProgress.release(network, 1);
    }
  }

  /**
   * One after the other for each account and address, or right passwords at the same time would have to
   * be counted like guesses.
   */
  private async inTurn(credentials: Credentials, address: string): Promise<SignInOutcome> {
    const arrivedAtMs = performance.now();
    const key = `${accountKey(credentials.username)}#${address}`;
    const outcome = this.attempts.run(key, async () => {
      if (performance.now() - arrivedAtMs > LONGEST_WAIT_MS) throw identityProviderBusy();
      return this.attempt(credentials, address);
    });
    if (!outcome) throw throttled(1000);
    return outcome;
  }

  private async attempt(credentials: Credentials, address: string): Promise<SignInOutcome> {
    const attempt = await this.throttle.admit(credentials.username, address);
    const outcome = await this.identityProvider
      .signIn(credentials)
      .catch(async (error: unknown) => {
        if (!isRefusal(error)) await this.bestEffort(attempt.undecided());
        throw error;
      });
    if (provesPassword(outcome)) await this.rememberSuccess(attempt);
    return outcome;
  }

  /** The counts end by themselves; they must not keep out who knows the password. */
  private rememberSuccess(attempt: AdmittedAttempt): Promise<void> {
    return this.bestEffort(attempt.succeeded());
  }

  private bestEffort(work: Promise<void>): Promise<void> {
    return work.catch(this.onBestEffortFailed);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof DomainError && error.kind === 'unauthenticated';
}

/** A password that an administrator reset is not looked at. */
function provesPassword(outcome: SignInOutcome): boolean {
  return outcome.kind !== 'challenged' || outcome.challenge !== 'password-reset-required';
}

/** Throws DomainError `forbidden` with the challenge as its code, unless somebody is signed in. */
export function accessTokenOf(outcome: SignInOutcome): string {
  if (outcome.kind === 'signed-in') return outcome.accessToken;
  const code = outcome.kind === 'challenged' ? outcome.challenge : 'password-change-required';
  throw new DomainError('forbidden', code, CHALLENGES[code]);
}

const CHALLENGES = {
  'password-change-required':
    'This password is a temporary one. Set your own with POST /auth/password.',
  'password-reset-required': 'The password was reset. Ask an administrator for a temporary one.',
  'mfa-required': 'This account needs a second factor, which this login cannot ask for.',
} as const;
