import { Clock, DomainError } from '@sensorflow/kernel';
import { createHash } from 'node:crypto';
import { AttemptCounter } from './attempt-counter.js';
import { remembered, waitMs, type AttemptLimit, type AttemptRate } from './attempt-limit.js';
import { clientNetwork, routablePrefix } from './client-address.js';
import { KnownNetworks } from './known-networks.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const REMEMBER_NETWORK_MS = 30 * DAY_MS;

/** A minute longer than Cognito's. */
const REMEMBER_ACCOUNT_MS = 16 * MINUTE_MS;

/** Of a network that is known to the account. */
const KNOWN: AttemptLimit = {
  withoutWait: 5,
  waitsMs: minutes(1, 2, 4, 8),
  laterWaitMs: 16 * MINUTE_MS,
  rememberMs: REMEMBER_ACCOUNT_MS,
};
/** Of a network that is new to the account. */
const NEW: AttemptLimit = {
  withoutWait: 3,
  waitsMs: minutes(1, 4),
  laterWaitMs: 16 * MINUTE_MS,
  rememberMs: 7 * DAY_MS,
};
const NEW_AT_MANY_ACCOUNTS: AttemptRate = { burst: 100, refillEveryMs: 15_000 };

/**
 * Cognito locks an account for 2^(n-5) s after n wrong passwords in a row, and forgets them after 15
 * minutes without an attempt. While it is locked, it refuses the right password too: so nobody tries
 * meanwhile. A second more, because we count before the password is checked.
 */
const COGNITO_WITHOUT_LOCK = 5;
const COGNITO_LOCKS_MS = [1, 2, 4, 8, 16, 32, 64, 128].map((seconds) => (seconds + 1) * 1000);
const LONGEST_COGNITO_LOCK_MS = 257_000;

/**
 * Of all networks together that are new to the account, by how often the one that tries has failed:
 * those that guess are out long before one that has not failed yet. Then all wait until Cognito has
 * forgotten their attempts.
 */
function allNewLimit(failures: number): AttemptLimit {
  const duringLocks = [COGNITO_LOCKS_MS.length, 2][failures] ?? 0;
  return {
    withoutWait: COGNITO_WITHOUT_LOCK,
    waitsMs: COGNITO_LOCKS_MS.slice(0, duringLocks),
    laterWaitMs: REMEMBER_ACCOUNT_MS,
    rememberMs: REMEMBER_ACCOUNT_MS,
  };
}

/** Where the account is known, only Cognito's lock itself is waited for. */
const WHILE_LOCKED: AttemptLimit = {
  withoutWait: COGNITO_WITHOUT_LOCK,
  waitsMs: COGNITO_LOCKS_MS,
  laterWaitMs: LONGEST_COGNITO_LOCK_MS,
  rememberMs: REMEMBER_ACCOUNT_MS,
};

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
    const own = `${account}#${isKnown ? network : routablePrefix(address)}`;
    const keys = { own, allNew: `${account}#new`, network };
    const [countedOwn, ...countedShared] = isKnown
      ? await this.reserveKnown(keys)
      : await this.reserveNew(keys);
    return {
      succeeded: async () => {
        const until = this.clock.nowEpochMs() + REMEMBER_NETWORK_MS;
        await this.networks.remember(account, network, until);
        // What others failed at this account goes on counting.
        await Promise.all([this.counter.clear(own), giveBackAll(countedShared)]);
      },
      undecided: () => giveBackAll([countedOwn, ...countedShared]),
    };
  }

  /** The right password would be refused while Cognito locks, and be counted as a failure here. */
  private async reserveKnown({ own, allNew }: AttemptKeys): Promise<readonly [Counted]> {
    const attempts = await this.counter.attempts(allNew);
    const wait = waitMs(attempts, WHILE_LOCKED, this.clock.nowEpochMs());
    if (wait > 0) throw throttled(wait);
    return [await this.reserve(own, KNOWN)];
  }

  /**
   * One after the other: who is refused must not use up what is shared with more people. The bucket comes first,
   * because it writes nothing when it refuses: or each name that is made up would leave an item behind.
   */
  private async reserveNew(keys: AttemptKeys): Promise<readonly [Counted, ...Counted[]]> {
    await this.refuseWhileWaiting(keys);
    const ofNetwork = await this.reserveInRate(keys.network, NEW_AT_MANY_ACCOUNTS);
    const counted: Counted[] = [ofNetwork];
    try {
      const own = await this.reserve(keys.own, NEW);
      counted.push(own);
      const ofAllNew = await this.reserve(keys.allNew, allNewLimit(own.failuresBefore));
      return [own, ofNetwork, ofAllNew];
    } catch (error) {
      await giveBackAll(counted);
      throw error;
    }
  }

  /** Reads alone, before anything is written for an attempt that is refused anyway. */
  private async refuseWhileWaiting({ own, allNew }: AttemptKeys): Promise<void> {
    const keys = [own, allNew];
    const [ofOwn = [], ofAll = []] = await Promise.all(
      keys.map((key) => this.counter.attempts(key)),
    );
    const now = this.clock.nowEpochMs();
    const failures = remembered(ofOwn, NEW, now).length;
    const wait = Math.max(waitMs(ofOwn, NEW, now), waitMs(ofAll, allNewLimit(failures), now));
    if (wait > 0) throw throttled(wait);
  }

  private async reserve(key: string, limit: AttemptLimit): Promise<CountedFailure> {
    const reserved = await this.counter.reserve(key, limit, this.clock.nowEpochMs());
    if (typeof reserved === 'number') throw throttled(reserved);
    return {
      failuresBefore: reserved.attempts.length - 1,
      giveBack: () => this.counter.giveBack(reserved),
    };
  }

  private async reserveInRate(key: string, rate: AttemptRate): Promise<Counted> {
    const wait = await this.counter.reserveInRate(key, rate, this.clock.nowEpochMs());
    if (wait > 0) throw throttled(wait);
    return { giveBack: () => this.counter.giveBackToRate(key, rate) };
  }
}

interface AttemptKeys {
  readonly own: string;
  readonly allNew: string;
  readonly network: string;
}

interface Counted {
  giveBack(): Promise<void>;
}

interface CountedFailure extends Counted {
  readonly failuresBefore: number;
}

export function throttled(forMs: number): DomainError {
  const retryAfterSeconds = Math.ceil(forMs / 1000);
  return new DomainError(
    'throttled',
    'login-throttled',
    `Too many failed logins. Try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
}

async function giveBackAll(counted: readonly Counted[]): Promise<void> {
  await Promise.all(counted.map((attempt) => attempt.giveBack()));
}

function minutes(...counts: readonly number[]): readonly number[] {
  return counts.map((count) => count * MINUTE_MS);
}

/** Cognito's names ignore case. A hash, because what people type as a name can be their password. */
export function accountKey(username: string): string {
  const name = username.normalize('NFKC').toLowerCase();
  return createHash('sha256').update(name).digest('base64url');
}
