import { Clock, DomainError } from '@sensorflow/kernel';
import { hash } from 'node:crypto';
import {
  AccessTokenVerifier,
  invalidToken,
  MAX_TOKEN_BYTES,
  TOKEN_TOO_LARGE,
  type VerifiedToken,
} from './access-token-verifier.js';
import { EndedSessions } from './ended-sessions.js';
import { IdentityProvider } from './identity-provider.js';

const REMEMBER_MS = 60_000;
/** From then on a user's token is checked again, while requests go on with what is remembered. */
const RENEW_AFTER_MS = 30_000;
const RETRY_RENEWAL_AFTER_MS = 5000;
/** How long a user's token that was not confirmed is refused without asking again. */
const REMEMBER_REFUSAL_MS = 60_000;
const REMEMBER_OUTAGE_MS = 1000;
const MAX_REMEMBERED = 10_000;

interface Remembered {
  readonly token: VerifiedToken;
  readonly untilEpochMs: number;
  renewAtEpochMs: number;
}

interface Refusal {
  readonly error: DomainError;
  readonly untilEpochMs: number;
}

/**
 * Who presents this token? A user's counts only while the identity provider accepts it, which is asked
 * again in every minute of its use: who is disabled is refused within a minute. Remembers verified
 * tokens for up to a minute, since a signature costs some 100 µs; a logout counts at once all the same.
 */
export class Authentication {
  private readonly remembered = new Map<string, Remembered>();
  /** Only of tokens whose signature is right, so strangers cannot fill it. */
  private readonly refusals = new Map<string, Refusal>();
  private readonly running = new Map<string, Promise<VerifiedToken>>();

  constructor(
    private readonly verifier: AccessTokenVerifier,
    private readonly identityProvider: IdentityProvider,
    private readonly endedSessions: EndedSessions,
    private readonly clock: Clock,
  ) {}

  /**
   * Throws what `AccessTokenVerifier.verify` and `EndedSessions.isEnded` throw; ended is
   * `invalid-token`. `unavailable` (`session-check-unavailable`) when the last good check is older than
   * a minute and another one fails.
   */
  async authenticate(unverifiedToken: string): Promise<VerifiedToken> {
    return this.recall(unverifiedToken) ?? this.verifyOnce(unverifiedToken);
  }

  /**
   * The same at once, for a token that is remembered: nearly every request brings one, and is
   * spared the promises. Undefined says nothing of the token.
   */
  recall(unverifiedToken: string): VerifiedToken | undefined {
    if (unverifiedToken.length > MAX_TOKEN_BYTES) throw invalidToken(TOKEN_TOO_LARGE);
    const digest = digestOf(unverifiedToken);
    const found = this.remembered.get(digest);
    if (!found) return undefined;
    const now = this.clock.nowEpochMs();
    if (found.untilEpochMs <= now) {
      this.remembered.delete(digest);
      return undefined;
    }
    if (found.renewAtEpochMs <= now) this.renew(unverifiedToken, digest, found);
    return this.unlessEnded(found.token);
  }

  /** In the background: nobody waits, and a failure leaves what is remembered to its end. */
  private renew(unverifiedToken: string, digest: string, found: Remembered): void {
    found.renewAtEpochMs = this.clock.nowEpochMs() + RETRY_RENEWAL_AFTER_MS;
    this.verifyOnce(unverifiedToken).catch((error: unknown) => {
      if (isRefusal(error)) this.remembered.delete(digest);
    });
  }

  /** Requests that bring the same token at once share one verification. */
  private verifyOnce(unverifiedToken: string): Promise<VerifiedToken> {
    const digest = digestOf(unverifiedToken);
    const running =
      this.running.get(digest) ??
      this.verify(unverifiedToken, digest).finally(() => this.running.delete(digest));
    this.running.set(digest, running);
    return running;
  }

  private async verify(unverifiedToken: string, digest: string): Promise<VerifiedToken> {
    const startedAt = this.clock.nowEpochMs();
    const token = this.unlessEnded(await this.verifier.verify(unverifiedToken));
    const isUser = token.caller.kind === 'user';
    if (isUser) await this.confirm(unverifiedToken, digest);
    const untilEpochMs = Math.min(
      startedAt + REMEMBER_MS,
      token.caller.expiresAtEpochSeconds * 1000,
    );
    const renewAtEpochMs = isUser ? startedAt + RENEW_AFTER_MS : Number.POSITIVE_INFINITY;
    if (untilEpochMs > this.clock.nowEpochMs()) {
      remember(this.remembered, digest, { token, untilEpochMs, renewAtEpochMs });
    }
    return this.unlessEnded(token);
  }

  /** What was refused a moment ago is not asked again: the provider bounds its calls. */
  private async confirm(unverifiedToken: string, digest: string): Promise<void> {
    const known = this.refusals.get(digest);
    if (known && known.untilEpochMs > this.clock.nowEpochMs()) throw known.error;
    try {
      if (!(await this.identityProvider.acceptsToken(unverifiedToken))) {
        throw invalidToken('The token was revoked, or its user is disabled.');
      }
      this.refusals.delete(digest);
    } catch (cause) {
      const error = isRefusal(cause) ? cause : sessionCheckUnavailable(cause);
      const rememberMs = isRefusal(cause) ? REMEMBER_REFUSAL_MS : REMEMBER_OUTAGE_MS;
      const untilEpochMs = this.clock.nowEpochMs() + rememberMs;
      remember(this.refusals, digest, { error, untilEpochMs });
      throw error;
    }
  }

  private unlessEnded(token: VerifiedToken): VerifiedToken {
    if (this.endedSessions.isEnded(token))
      throw invalidToken('The session of this token has ended.');
    return token;
  }
}

/** The oldest goes: only verified tokens get here, so strangers cannot push anybody out. */
function remember<T>(entries: Map<string, T>, digest: string, entry: T): void {
  for (const oldest of entries.keys()) {
    if (entries.size < MAX_REMEMBERED) break;
    entries.delete(oldest);
  }
  entries.set(digest, entry);
}

function isRefusal(error: unknown): error is DomainError {
  return error instanceof DomainError && error.kind === 'unauthenticated';
}

function sessionCheckUnavailable(cause: unknown): DomainError {
  return new DomainError(
    'unavailable',
    'session-check-unavailable',
    'The session cannot be checked right now. Try again.',
    { cause, retryAfterSeconds: 2 },
  );
}

/** Memory holds no usable tokens. */
function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
