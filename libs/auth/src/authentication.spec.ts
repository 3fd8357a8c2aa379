import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryEndedSessionStore } from '../../../test/support/in-memory-ended-session-store.js';
import { InMemoryIdentityProvider } from '../../../test/support/in-memory-identity-provider.js';
import { AccessTokenVerifier, invalidToken, type VerifiedToken } from './access-token-verifier.js';
import { Authentication } from './authentication.js';
import { EndedSessions } from './ended-sessions.js';

/** Accepts `token-<seconds of life>` and `machine-<…>`; each is a session of its own. */
class VerifierTwin extends AccessTokenVerifier {
  verified = 0;

  constructor(private readonly clock: FixedClock) {
    super();
  }

  override async verify(unverifiedToken: string): Promise<VerifiedToken> {
    this.verified += 1;
    const lifeSeconds = Number(/^(?:token|machine)-(\d+)/.exec(unverifiedToken)?.[1]);
    if (Number.isNaN(lifeSeconds)) throw invalidToken('A broken token is not accepted.');
    const expiresAtEpochSeconds = this.clock.nowEpochMs() / 1000 + lifeSeconds;
    return {
      caller: {
        kind: unverifiedToken.startsWith('machine') ? 'machine' : 'user',
        subject: 'subject',
        username: 'ada',
        scopes: new Set(),
        expiresAtEpochSeconds,
      },
      sessionId: unverifiedToken,
      signedInAtEpochSeconds: this.clock.nowEpochMs() / 1000,
      sessionOutlivedAtEpochSeconds: expiresAtEpochSeconds,
    };
  }
}

async function setUp() {
  const clock = new FixedClock();
  const verifier = new VerifierTwin(clock);
  const ended = new EndedSessions(new InMemoryEndedSessionStore(), clock, () => undefined);
  await ended.refresh();
  const provider = new InMemoryIdentityProvider();
  const authentication = new Authentication(verifier, provider, ended, clock);
  const pass = async (durationMs: number) => {
    clock.advance(durationMs);
    await ended.refresh();
  };
  return { authentication, verifier, provider, ended, pass };
}

describe('a token that was verified', () => {
  it('is remembered for a minute', async () => {
    const { authentication, verifier, pass } = await setUp();

    await authentication.authenticate('machine-3600');
    await pass(59_999);
    await authentication.authenticate('machine-3600');
    const withinTheMinute = verifier.verified;
    await pass(1);
    await authentication.authenticate('machine-3600');

    expect([withinTheMinute, verifier.verified]).toEqual([1, 2]);
  });

  it('is not remembered past its end', async () => {
    const { authentication, verifier, pass } = await setUp();

    await authentication.authenticate('token-10');
    await pass(10_000);
    await authentication.authenticate('token-10');

    expect(verifier.verified).toBe(2);
  });

  it('is refused after its session was ended, remembered or not', async () => {
    const { authentication, verifier, ended } = await setUp();
    const token = await authentication.authenticate('token-3600');

    await ended.end(token);

    await expect(authentication.authenticate('token-3600')).rejects.toMatchObject({
      code: 'invalid-token',
    });
    expect(verifier.verified).toBe(1);
    expect(await authentication.authenticate('token-3601')).toBeDefined();
  });

  it('makes room when ten thousand others came after it', async () => {
    const { authentication, verifier } = await setUp();
    for (let index = 0; index <= 10_000; index += 1) {
      await authentication.authenticate(`token-3600-${index}`);
    }
    const first = verifier.verified;

    await authentication.authenticate('token-3600-10000');
    await authentication.authenticate('token-3600-0');

    expect([first, verifier.verified]).toEqual([10_001, 10_002]);
  });
});

/** Lets what runs in the background come to its end. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a user’s token', () => {
  it('is checked with the identity provider before it counts', async () => {
    const { authentication, provider } = await setUp();
    provider.refusedTokens.add('token-3600');

    await expect(authentication.authenticate('token-3600')).rejects.toMatchObject({
      code: 'invalid-token',
    });
  });

  it('is checked again in the background while requests go on', async () => {
    const { authentication, provider, pass } = await setUp();
    await authentication.authenticate('token-3600');

    for (let second = 0; second < 600; second += 1) {
      await pass(1000);
      expect(authentication.recall('token-3600'), `second ${second}`).toBeDefined();
      await settled();
    }

    expect(provider.checkedTokens.length).toBeGreaterThanOrEqual(20);
    expect(provider.checkedTokens.length).toBeLessThanOrEqual(21);
  });

  it('is refused within a minute after its user was disabled, however it is used', async () => {
    for (const useEveryMs of [100, 7000, 29_999, 59_999]) {
      const { authentication, provider, pass } = await setUp();
      await authentication.authenticate('token-3600');
      provider.refusedTokens.add('token-3600');

      let acceptedUntilMs = 0;
      for (let passedMs = useEveryMs; passedMs <= 180_000; passedMs += useEveryMs) {
        await pass(useEveryMs);
        const isAccepted = await authentication.authenticate('token-3600').then(
          () => true,
          () => false,
        );
        if (isAccepted) acceptedUntilMs = passedMs;
        await settled();
      }

      expect(acceptedUntilMs, `used every ${useEveryMs} ms`).toBeLessThan(60_000);
    }
  });

  it('goes on through an outage of the identity provider for a minute, then nothing is answered', async () => {
    const { authentication, provider, pass } = await setUp();
    await authentication.authenticate('token-3600');
    provider.failure = new Error('down');

    for (let second = 0; second < 59; second += 1) {
      await pass(1000);
      expect(await authentication.authenticate('token-3600')).toBeDefined();
      await settled();
    }
    await pass(1000);
    const refused = authentication.authenticate('token-3600');

    await expect(refused).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'session-check-unavailable',
    });
    provider.failure = undefined;
    await pass(1000);
    expect(await authentication.authenticate('token-3600')).toBeDefined();
  });

  it('that was refused is not asked about with every request', async () => {
    const { authentication, provider, pass } = await setUp();
    provider.refusedTokens.add('token-3600');

    for (let index = 0; index < 100; index += 1) {
      await expect(authentication.authenticate('token-3600')).rejects.toThrow('was revoked');
    }
    const asked = provider.checkedTokens.length;
    await pass(60_000);
    await expect(authentication.authenticate('token-3600')).rejects.toThrow('was revoked');

    expect([asked, provider.checkedTokens.length]).toEqual([1, 2]);
  });

  it('is asked about once for requests that bring it at the same time', async () => {
    const { authentication, provider, verifier } = await setUp();

    await Promise.all(Array.from({ length: 50 }, () => authentication.authenticate('token-3600')));

    expect([verifier.verified, provider.checkedTokens.length]).toEqual([1, 1]);
  });
});

describe('a machine’s token', () => {
  it('does not depend on the identity provider', async () => {
    const { authentication, provider } = await setUp();
    provider.failure = new Error('down');

    expect(await authentication.authenticate('machine-3600')).toBeDefined();
    expect(provider.checkedTokens).toEqual([]);
  });
});

describe('a token that was refused', () => {
  it('is not remembered', async () => {
    const { authentication, verifier } = await setUp();

    for (let index = 0; index < 2; index += 1) {
      await expect(authentication.authenticate('broken')).rejects.toThrow('not accepted');
    }

    expect(verifier.verified).toBe(2);
  });

  it('is not even looked at when it is larger than 8 KB', async () => {
    const { authentication, verifier } = await setUp();

    await expect(authentication.authenticate('x'.repeat(8193))).rejects.toMatchObject({
      code: 'invalid-token',
    });

    expect(verifier.verified).toBe(0);
  });
});
