import { Clock, DomainError } from '@sensorflow/kernel';
import { createHash } from 'node:crypto';
import { AttemptCounter } from './attempt-counter.js';
import type { AttemptLimit, AttemptRate } from './attempt-limit.js';
import { clientNetwork } from './client-address.js';
import { KnownNetworks } from './known-networks.js';

const MINUTE_MS = 60_000;
const REMEMBER_NETWORK_MS = 30 * 24 * 60 * MINUTE_MS;

/**
 * Cognito locks an account for 2^(n-5) s after n wrong passwords in a row and forgets them after 15
 * minutes without an attempt. These limits end in a wait of 16 minutes before n exceeds 9: whatever
 * strangers try, Cognito never locks for longer than 16 s.
 */
const ACCOUNT: AttemptLimit = { withoutWait: 5, waitsMs: minutes(1, 2, 4, 8, 16) };
/** Stricter, so that one network alone does not use up what all strangers share. */
const STRANGER: AttemptLimit = { withoutWait: 3, waitsMs: minutes(1, 4, 16) };
const STRANGERS_OF_NETWORK: AttemptRate = { burst: 100, refillEveryMs: 15_000 };

/** One attempt that was let through. Unless it says otherwise, it counts as a failure. */
export interface AdmittedAttempt {
  /** The password was right: the attempt does not count, and the network is known from now on. */
  succeeded(): Promise<void>;
  /** Nobody said whether the password was right: the attempt does not count. */
  undecided(): Promise<void>;
}

/**
 * Bounds guessing of passwords, over all processes together. Failures make the next attempt wait; they
 * never lock. A network from which an account was logged in to in the last 30 days has a limit of its
 * own for that account, so that nobody elsewhere can keep its owner out, or others behind its address.
 */
export class LoginThrottle {
  constructor(
    private readonly counter: AttemptCounter,
    private readonly networks: KnownNetworks,
    private readonly clock: Clock,
  ) {}

  /**
   * Counts an attempt before it is made: attempts side by side cannot exceed a limit.
   *
   * Throws DomainError `throttled` (`login-throttled`), or `unavailable` when counting fails.
   */
  async admit(username: string, address: string): Promise<AdmittedAttempt> {
    const account = accountKey(username);
    const network = clientNetwork(address);
    const isKnown = await this.networks.isKnown(account, network, this.clock.nowEpochMs());
    const own = `${account}#${network}`;
    const strangers = `${account}#strangers`;
    // Reads alone, before anything is written for an attempt that is refused anyway.
    if (!isKnown) await this.refuseWhileWaiting([own, STRANGER], [strangers, ACCOUNT]);
    const strangersCounts = [
      this.limited(own, STRANGER),
      this.rated(network, STRANGERS_OF_NETWORK),
      this.limited(strangers, ACCOUNT),
    ];
    const counts = isKnown ? [this.limited(own, ACCOUNT)] : strangersCounts;
    await reserveAll(counts);
    return {
      succeeded: async () => {
        const until = this.clock.nowEpochMs() + REMEMBER_NETWORK_MS;
        await this.networks.remember(account, network, until);
        // What others failed at this account goes on counting.
        await Promise.all([this.counter.clear(own), giveBackAll(counts.slice(1))]);
      },
      undecided: () => giveBackAll(counts),
    };
  }

  private async refuseWhileWaiting(
    ...limited: readonly (readonly [key: string, limit: AttemptLimit])[]
  ): Promise<void> {
    const now = this.clock.nowEpochMs();
    const waits = await Promise.all(
      limited.map(([key, limit]) => this.counter.waitMs(key, limit, now)),
    );
    const waitMs = Math.max(...waits);
    if (waitMs > 0) throw throttled(waitMs);
  }

  private limited(key: string, limit: AttemptLimit): Count {
    return {
      reserve: () => this.counter.reserve(key, limit, this.clock.nowEpochMs()),
      giveBack: () => this.counter.giveBack(key),
    };
  }

  private rated(key: string, rate: AttemptRate): Count {
    return {
      reserve: () => this.counter.reserveInRate(key, rate, this.clock.nowEpochMs()),
      giveBack: () => this.counter.giveBackToRate(key, rate),
    };
  }
}

interface Count {
  reserve(): Promise<number>;
  giveBack(): Promise<void>;
}

/** One after the other: who is refused must not use up what is shared with more people. */
async function reserveAll(counts: readonly Count[]): Promise<void> {
  for (const [index, count] of counts.entries()) {
    const waitMs = await count.reserve();
    if (waitMs === 0) continue;
    await giveBackAll(counts.slice(0, index));
    throw throttled(waitMs);
  }
}

export function throttled(waitMs: number): DomainError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  return new DomainError(
    'throttled',
    'login-throttled',
    `Too many failed logins. Try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
}

async function giveBackAll(counts: readonly Count[]): Promise<void> {
  await Promise.all(counts.map((count) => count.giveBack()));
}

function minutes(first: number, ...more: readonly number[]): readonly [number, ...number[]] {
  return [first * MINUTE_MS, ...more.map((minute) => minute * MINUTE_MS)];
}

/** Cognito's names ignore case. A hash, because what people type as a name can be their password. */
export function accountKey(username: string): string {
  const name = username.normalize('NFKC').toLowerCase();
  return createHash('sha256').update(name).digest('base64url');
}
