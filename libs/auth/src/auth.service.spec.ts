import { DomainError } from '@sensorflow/kernel';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryAttemptCounter } from '../../../test/support/in-memory-attempt-counter.js';
import { InMemoryEndedSessionStore } from '../../../test/support/in-memory-ended-session-store.js';
import { InMemoryIdentityProvider } from '../../../test/support/in-memory-identity-provider.js';
import { InMemoryKnownNetworks } from '../../../test/support/in-memory-known-networks.js';
import { AccessTokenVerifier, type VerifiedToken } from './access-token-verifier.js';
import { AuthService } from './auth.service.js';
import { EndedSessions } from './ended-sessions.js';
import { LoginThrottle } from './login-throttle.js';
import { ThrottledSignIn } from './sign-in.js';

const HERE = '192.0.2.1';

class VerifierTwin extends AccessTokenVerifier {
  constructor(private readonly clock: FixedClock) {
    super();
  }

  override async verify(unverifiedToken: string): Promise<VerifiedToken> {
    const now = this.clock.nowEpochMs() / 1000;
    return {
      caller: {
        kind: 'user',
        subject: 'ada',
        username: 'ada',
        scopes: new Set(),
        expiresAtEpochSeconds: now + 60,
      },
      sessionId: unverifiedToken,
      signedInAtEpochSeconds: now,
      sessionOutlivedAtEpochSeconds: now + 60,
    };
  }
}

class ForgetfulCounter extends InMemoryAttemptCounter {
  override clear(): Promise<void> {
    return Promise.reject(new Error('not now'));
  }
}

async function setUp(counter = new InMemoryAttemptCounter()) {
  const clock = new FixedClock();
  const provider = new InMemoryIdentityProvider();
  const store = new InMemoryEndedSessionStore();
  const ended = new EndedSessions(store, clock, () => undefined);
  await ended.refresh();
  const failures: unknown[] = [];
  const throttle = new LoginThrottle(counter, new InMemoryKnownNetworks(), clock);
  const signIn = new ThrottledSignIn(provider, throttle, (error) => failures.push(error));
  const verifier = new VerifierTwin(clock);
  return {
    clock,
    provider,
    store,
    ended,
    failures,
    verifier,
    auth: new AuthService(signIn, provider, verifier, ended),
  };
}

describe('a logout', () => {
  it('ends its own session and no other of the user', async () => {
    const { auth, ended, verifier } = await setUp();
    const [one, other] = [await verifier.verify('one'), await verifier.verify('other')];

    await auth.logout({ verified: one, accessToken: 'one' });

    expect([ended.isEnded(one), ended.isEnded(other)]).toEqual([true, false]);
  });
});

describe('a login', () => {
  it('succeeds although the earlier attempts could not be forgotten', async () => {
    const { auth, failures } = await setUp(new ForgetfulCounter());

    const token = await auth.login({ username: 'ada', password: 'right' }, HERE);

    expect(token).toBe('token-1');
    expect(failures).toHaveLength(1);
  });

  it('succeeds twenty times at once, each a right password', async () => {
    const { auth } = await setUp();

    const tokens = await Promise.all(
      Array.from({ length: 20 }, () => auth.login({ username: 'ada', password: 'right' }, HERE)),
    );

    expect(new Set(tokens).size).toBe(20);
  });

  it('does not count while nobody says whether the password is right', async () => {
    const { auth, provider } = await setUp();
    provider.failure = new DomainError('unavailable', 'identity-provider-unavailable', 'Down.');
    const login = (password: string) => auth.login({ username: 'ada', password }, HERE);

    for (let index = 0; index < 20; index += 1) {
      await expect(login('right')).rejects.toThrow('Down.');
    }
    provider.failure = undefined;

    for (let index = 0; index < 3; index += 1) {
      await expect(login('wrong')).rejects.toThrow('Wrong.');
    }
    await expect(login('right')).rejects.toMatchObject({ code: 'login-throttled' });
  });
});

describe('logins while the identity provider is slow', () => {
  const BUSY = { kind: 'overloaded', code: 'identity-provider-busy', retryAfterSeconds: 5 };

  afterEach(() => {
    vi.useRealTimers();
  });

  async function slowProvider() {
    const world = await setUp();
    const { promise, resolve: answer } = Promise.withResolvers<void>();
    world.provider.ready = promise;
    const login = async (username: string, address: string) =>
      world.auth.login({ username, password: 'right' }, address).then(
        () => 'logged in',
        (error: DomainError) => error.code,
      );
    return { ...world, answer, login };
  }

  it('are refused beyond half of the room for one network, and others are not', async () => {
    const { login, answer } = await slowProvider();
    const many = Array.from({ length: 200 }, (_, index) =>
      login(`nobody-${index}`, '198.51.100.7'),
    );
    const owner = login('ada', HERE);
    answer();

    const codes = await Promise.all(many);

    expect(codes.filter((code) => code === 'identity-provider-busy')).toHaveLength(136);
    expect(await owner).toBe('logged in');
  });

  it('are refused beyond the room for all, and none of those is counted', async () => {
    const { auth, login, answer } = await slowProvider();
    const many = Array.from({ length: 128 }, (_, index) =>
      login(`nobody-${index}`, `10.0.${index}.1`),
    );

    for (let index = 0; index < 10; index += 1) {
      const refused = auth.login({ username: 'ada', password: 'right' }, HERE);
      await expect(refused).rejects.toMatchObject(BUSY);
    }
    answer();
    await Promise.all(many);

    expect(await login('ada', HERE)).toBe('logged in');
  });

  it('do not wait in line for longer than five seconds', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { login, answer } = await slowProvider();
    const line = Array.from({ length: 3 }, () => login('ada', HERE));
    await new Promise((resolve) => setImmediate(resolve));

    vi.advanceTimersByTime(5001);
    answer();

    expect(await Promise.all(line)).toEqual([
      'logged in',
      'identity-provider-busy',
      'identity-provider-busy',
    ]);
  });
});

describe('setting a password', () => {
  const ADA = { username: 'ada', password: 'right' };

  it('answers the demand of a first login', async () => {
    const { auth, provider } = await setUp();
    provider.isTemporary = true;
    await expect(auth.login(ADA, HERE)).rejects.toMatchObject({
      code: 'password-change-required',
    });

    expect(await auth.setPassword(ADA, 'better', HERE)).toBe('token-1');
    expect(await auth.login({ ...ADA, password: 'better' }, HERE)).toBe('token-2');
  });

  it('changes one’s own, and ends the other sessions', async () => {
    const { auth, ended, verifier } = await setUp();
    const old = await verifier.verify(await auth.login(ADA, HERE));

    const token = await verifier.verify(await auth.setPassword(ADA, 'better', HERE));

    expect([ended.isEnded(old), ended.isEnded(token)]).toEqual([true, false]);
    await expect(auth.login(ADA, HERE)).rejects.toThrow('Wrong.');
  });

  it('is throttled as logins are', async () => {
    const { auth } = await setUp();
    for (let index = 0; index < 3; index += 1) {
      const wrong = auth.setPassword({ ...ADA, password: 'wrong' }, 'better', HERE);
      await expect(wrong).rejects.toThrow('Wrong.');
    }

    await expect(auth.setPassword(ADA, 'better', HERE)).rejects.toMatchObject({
      code: 'login-throttled',
    });
    await expect(auth.login(ADA, HERE)).rejects.toMatchObject({ code: 'login-throttled' });
  });

  it('that is refused by the policy changes nothing, and is no failed attempt', async () => {
    const { auth, ended, verifier } = await setUp();
    const old = await verifier.verify(await auth.login(ADA, HERE));

    for (let index = 0; index < 10; index += 1) {
      await expect(auth.setPassword(ADA, 'bad', HERE)).rejects.toMatchObject({
        code: 'password-refused',
      });
    }

    expect(ended.isEnded(old)).toBe(false);
    expect(await auth.login(ADA, HERE)).toBeDefined();
  });

  it('says so when older sessions were not ended, and can be sent again', async () => {
    const { auth, store, ended, verifier } = await setUp();
    const old = await verifier.verify(await auth.login(ADA, HERE));
    store.failing = true;

    await expect(auth.setPassword(ADA, 'better', HERE)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'older-sessions-not-ended',
    });
    store.failing = false;
    await auth.setPassword({ ...ADA, password: 'better' }, 'better', HERE);

    expect(ended.isEnded(old)).toBe(true);
  });
});
