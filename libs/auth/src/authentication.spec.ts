import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryEndedSessionStore } from '../../../test/support/in-memory-ended-session-store.js';
import { AccessTokenVerifier, invalidToken, type VerifiedToken } from './access-token-verifier.js';
import { Authentication } from './authentication.js';
import { EndedSessions } from './ended-sessions.js';

/** Accepts `token-<seconds of life>`; each is a session of its own. */
class VerifierTwin extends AccessTokenVerifier {
  verified = 0;

  constructor(private readonly clock: FixedClock) {
    super();
  }

  override async verify(unverifiedToken: string): Promise<VerifiedToken> {
    this.verified += 1;
    const lifeSeconds = Number(/^token-(\d+)/.exec(unverifiedToken)?.[1]);
    if (Number.isNaN(lifeSeconds)) throw invalidToken();
    const expiresAtEpochSeconds = this.clock.nowEpochMs() / 1000 + lifeSeconds;
    return {
      caller: {
        kind: 'user',
        subject: 'subject',
        username: 'ada',
        scopes: new Set(),
        expiresAtEpochSeconds,
      },
      sessionId: unverifiedToken,
      sessionOutlivedAtEpochSeconds: expiresAtEpochSeconds,
    };
  }
}

async function setUp() {
  const clock = new FixedClock();
  const verifier = new VerifierTwin(clock);
  const ended = new EndedSessions(new InMemoryEndedSessionStore(), clock, () => undefined);
  await ended.refresh();
  const authentication = new Authentication(verifier, ended, clock);
  const pass = async (durationMs: number) => {
    clock.advance(durationMs);
    await ended.refresh();
  };
  return { authentication, verifier, ended, pass };
}

describe('a token that was verified', () => {
  it('is remembered for a minute', async () => {
    const { authentication, verifier, pass } = await setUp();

    await authentication.authenticate('token-3600');
    await pass(59_999);
    await authentication.authenticate('token-3600');
    const withinTheMinute = verifier.verified;
    await pass(1);
    await authentication.authenticate('token-3600');

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
