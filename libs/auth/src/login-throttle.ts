import { Clock, DomainError } from '@sensorflow/kernel';
import { createHash } from 'node:crypto';
import { clientNetwork } from './client-address.js';
import { AttemptCounter, type AttemptLimit } from './attempt-counter.js';

const WINDOW_MS = 15 * 60_000;
const PER_ACCOUNT: AttemptLimit = { attempts: 10, windowMs: WINDOW_MS };
const PER_ADDRESS: AttemptLimit = { attempts: 100, windowMs: WINDOW_MS };

/**
 * Bounds guessing of passwords, over all processes together. A soft lock only: it ends by itself,
 * since a hard one would let anybody lock out anybody.
 */
export class LoginThrottle {
  constructor(
    private readonly counter: AttemptCounter,
    private readonly clock: Clock,
  ) {}

  /**
   * Counts an attempt before it is made. The address goes first, so that a throttled client can no
   * longer use up other people's attempts.
   *
   * Throws DomainError `throttled` (`login-throttled`), or `unavailable` when counting fails.
   */
  async admit(username: string, address: string): Promise<void> {
    await this.count(`address#${clientNetwork(address)}`, PER_ADDRESS);
    await this.count(accountKey(username), PER_ACCOUNT);
  }

  /** After a success the account's earlier attempts no longer count. */
  async forgive(username: string): Promise<void> {
    await this.counter.clear(accountKey(username));
  }

  private async count(key: string, limit: AttemptLimit): Promise<void> {
    const waitMs = await this.counter.count(key, limit, this.clock.nowEpochMs());
    if (waitMs === 0) return;
    throw new DomainError('throttled', 'login-throttled', 'Too many attempts; try again later.', {
      retryAfterSeconds: Math.ceil(waitMs / 1000),
    });
  }
}

/** Cognito's names ignore case. A hash, because what people type as a name can be their password. */
function accountKey(username: string): string {
  const name = username.normalize('NFKC').toLowerCase();
  return `account#${createHash('sha256').update(name).digest('base64url')}`;
}
