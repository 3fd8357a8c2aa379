import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryAttemptCounter } from '../../../test/support/in-memory-attempt-counter.js';
import { InMemoryEndedSessionStore } from '../../../test/support/in-memory-ended-session-store.js';
import type { VerifiedToken } from './access-token-verifier.js';
import { EndedSessions } from './ended-sessions.js';
import { IdentityProvider, type SignInOutcome } from './identity-provider.js';
import { LoginThrottle } from './login-throttle.js';
import { Sessions } from './sessions.js';

class IdentityProviderTwin extends IdentityProvider {
  readonly ended: string[] = [];
  failing = false;

  override async signIn(): Promise<SignInOutcome> {
    return { kind: 'signed-in', accessToken: 'token', expiresInSeconds: 3600 };
  }

  override async endSession(accessToken: string): Promise<void> {
    if (this.failing) throw new Error('not now');
    this.ended.push(accessToken);
  }
}

class ForgetfulCounter extends InMemoryAttemptCounter {
  override clear(): Promise<void> {
    return Promise.reject(new Error('not now'));
  }
}

async function setUp(counter = new InMemoryAttemptCounter()) {
  const clock = new FixedClock();
  const provider = new IdentityProviderTwin();
  const ended = new EndedSessions(new InMemoryEndedSessionStore(), clock, () => undefined);
  await ended.refresh();
  const failures: unknown[] = [];
  const sessions = new Sessions(provider, new LoginThrottle(counter, clock), ended, (error) =>
    failures.push(error),
  );
  return { provider, ended, failures, sessions, now: clock.nowEpochMs() / 1000 };
}

function aToken(kind: 'user' | 'machine', expiresAtEpochSeconds: number): VerifiedToken {
  return {
    caller: { kind, subject: 's', username: 'n', scopes: new Set(), expiresAtEpochSeconds },
    sessionId: 'session',
    sessionOutlivedAtEpochSeconds: expiresAtEpochSeconds,
  };
}

describe('a logout', () => {
  it('stands although the identity provider does not answer', async () => {
    const { sessions, provider, ended, failures, now } = await setUp();
    provider.failing = true;

    await sessions.logout({ verified: aToken('user', now + 60), accessToken: 'token' });

    expect(ended.isEnded('session')).toBe(true);
    expect(failures).toHaveLength(1);
  });

  it('of a machine does not concern the identity provider', async () => {
    const { sessions, provider, ended, now } = await setUp();

    await sessions.logout({ verified: aToken('machine', now + 60), accessToken: 'token' });

    expect(ended.isEnded('session')).toBe(true);
    expect(provider.ended).toEqual([]);
  });
});

describe('a login', () => {
  it('succeeds although the earlier attempts could not be forgotten', async () => {
    const { sessions, failures } = await setUp(new ForgetfulCounter());

    const token = await sessions.login({ username: 'ada', password: 'x' }, '192.0.2.1');

    expect(token).toBe('token');
    expect(failures).toHaveLength(1);
  });
});
