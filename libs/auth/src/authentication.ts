import { Clock } from '@sensorflow/kernel';
import { hash } from 'node:crypto';
import {
  AccessTokenVerifier,
  invalidToken,
  MAX_TOKEN_BYTES,
  type VerifiedToken,
} from './access-token-verifier.js';
import { EndedSessions } from './ended-sessions.js';

const REMEMBER_MS = 60_000;
const MAX_REMEMBERED = 10_000;

interface Remembered {
  readonly token: VerifiedToken;
  readonly untilEpochMs: number;
}

/**
 * Who presents this token? Remembers verified tokens for up to a minute, since a signature costs
 * some 100 µs; a logout counts at once all the same.
 */
export class Authentication {
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly verifier: AccessTokenVerifier,
    private readonly endedSessions: EndedSessions,
    private readonly clock: Clock,
  ) {}

  /** Throws what `AccessTokenVerifier.verify` and `EndedSessions.isEnded` throw; ended is `invalid-token`. */
  async authenticate(unverifiedToken: string): Promise<VerifiedToken> {
    return this.recall(unverifiedToken) ?? this.verify(unverifiedToken);
  }

  /**
   * The same at once, for a token that is remembered: nearly every request brings one, and is
   * spared the promises. Undefined says nothing of the token.
   */
  recall(unverifiedToken: string): VerifiedToken | undefined {
    if (unverifiedToken.length > MAX_TOKEN_BYTES) throw invalidToken();
    const digest = digestOf(unverifiedToken);
    const found = this.remembered.get(digest);
    if (!found) return undefined;
    if (found.untilEpochMs > this.clock.nowEpochMs()) return this.unlessEnded(found.token);
    this.remembered.delete(digest);
    return undefined;
  }

  private async verify(unverifiedToken: string): Promise<VerifiedToken> {
    const token = await this.verifier.verify(unverifiedToken);
    const now = this.clock.nowEpochMs();
    const untilEpochMs = Math.min(now + REMEMBER_MS, token.caller.expiresAtEpochSeconds * 1000);
    if (untilEpochMs > now) this.remember(digestOf(unverifiedToken), { token, untilEpochMs });
    return this.unlessEnded(token);
  }

  private unlessEnded(token: VerifiedToken): VerifiedToken {
    if (this.endedSessions.isEnded(token.sessionId)) throw invalidToken();
    return token;
  }

  private remember(digest: string, entry: Remembered): void {
    // The oldest goes: only verified tokens get here, so strangers cannot push anybody out.
    for (const oldest of this.remembered.keys()) {
      if (this.remembered.size < MAX_REMEMBERED) break;
      this.remembered.delete(oldest);
    }
    this.remembered.set(digest, entry);
  }
}

/** Memory holds no usable tokens. */
function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
