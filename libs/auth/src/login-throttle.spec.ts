import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryAttemptCounter } from '../../../test/support/in-memory-attempt-counter.js';
import { InMemoryKnownNetworks } from '../../../test/support/in-memory-known-networks.js';
import { LoginThrottle } from './login-throttle.js';

const HOME = '192.0.2.1';
const ELSEWHERE = '198.51.100.7';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function setUp() {
  const clock = new FixedClock();
  const counter = new InMemoryAttemptCounter();
  const known = new InMemoryKnownNetworks();
  const [here, there] = [1, 2].map(() => new LoginThrottle(counter, known, clock));
  if (!here || !there) throw new Error('two processes');
  return { clock, here, there };
}

type Outcome = 'right' | 'wrong' | 'throttled';

async function login(
  throttle: LoginThrottle,
  username: string,
  address: string,
  password: 'right' | 'wrong' = 'right',
): Promise<Outcome> {
  try {
    const attempt = await throttle.admit(username, address);
    if (password === 'right') await attempt.succeeded();
    return password;
  } catch {
    return 'throttled';
  }
}

/** The wrong passwords that get through when somebody tries as fast as the throttle lets them. */
async function guesses(
  throttle: LoginThrottle,
  clock: FixedClock,
  targets: readonly (readonly [username: string, address: string])[],
  durationMs: number,
): Promise<number> {
  let count = 0;
  for (let passedMs = 0; passedMs < durationMs; passedMs += 15_000) {
    for (const [username, address] of targets) {
      for (;;) {
        if ((await login(throttle, username, address, 'wrong')) === 'throttled') break;
        count += 1;
      }
    }
    clock.advance(15_000);
  }
  return count;
}

function networks(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
}

describe('failed logins', () => {
  it('of an account and network make the next one wait, longer each time', async () => {
    const { here, there, clock } = setUp();
    const waits: number[] = [];
    for (let failure = 1; failure <= 5; failure += 1) {
      await (failure % 2 === 0 ? here : there).admit(failure === 1 ? 'ADA' : 'ada', ELSEWHERE);
      const refusal = await here.admit('ada', ELSEWHERE).then(
        async (attempt) => attempt.undecided(),
        (error: { code: string; retryAfterSeconds: number }) => error,
      );
      waits.push(refusal?.retryAfterSeconds ?? 0);
      clock.advance((refusal?.retryAfterSeconds ?? 0) * 1000);
    }

    expect(waits).toEqual([0, 0, 60, 240, 960]);
    expect(await login(here, 'ada', ELSEWHERE)).toBe('right');
  });

  it.each([10, 100, 1000])(
    'from elsewhere, %i of them, never keep the owner out of a network that he logged in from',
    async (count) => {
      const { here, there } = setUp();
      await login(here, 'ada', HOME);
      const many = networks(count);
      for (const address of many) await login(there, 'ada', address, 'wrong');

      const logins = [];
      for (let index = 0; index < 20; index += 1) logins.push(await login(here, 'ada', HOME));

      expect(new Set(logins)).toEqual(new Set(['right']));
    },
  );

  it('from one network make the owner wait a minute at a network that is new', async () => {
    const { here, there, clock } = setUp();
    // As fast as one network can for an hour, and then once more.
    await guesses(there, clock, [['ada', ELSEWHERE]], HOUR_MS);
    for (let index = 0; index < 100; index += 1) await login(there, 'ada', ELSEWHERE, 'wrong');

    clock.advance(MINUTE_MS);

    expect(await login(here, 'ada', HOME)).toBe('right');
  });

  it('side by side never exceed what one after the other may', async () => {
    const { here, there } = setUp();

    const outcomes = await Promise.all(
      networks(200).map((address, index) =>
        login(index % 2 === 0 ? here : there, 'ada', address, 'wrong'),
      ),
    );

    expect(outcomes.filter((outcome) => outcome === 'wrong')).toHaveLength(5);
  });

  it('are bounded for whoever guesses, in an hour as in every other', async () => {
    const oneNetworkOneAccount = async () => {
      const { here, clock } = setUp();
      return guesses(here, clock, [['ada', ELSEWHERE]], HOUR_MS);
    };
    const manyNetworksOneAccount = async () => {
      const { here, clock } = setUp();
      const targets = networks(40).map((address) => ['ada', address] as const);
      return guesses(here, clock, targets, HOUR_MS);
    };
    const oneNetworkManyAccounts = async () => {
      const { here, clock } = setUp();
      const targets = Array.from({ length: 130 }, (_, index) => [`u${index}`, HOME] as const);
      return guesses(here, clock, targets, HOUR_MS);
    };

    const knownNetworkOneAccount = async () => {
      const { here, clock } = setUp();
      await login(here, 'ada', HOME);
      return guesses(here, clock, [['ada', HOME]], HOUR_MS);
    };

    expect(await oneNetworkOneAccount()).toBe(15);
    expect(await knownNetworkOneAccount()).toBe(18);
    expect(await manyNetworksOneAccount()).toBe(18);
    expect(await oneNetworkManyAccounts()).toBe(339);
  });

  it('never make Cognito lock an account for longer than 16 seconds', async () => {
    const { here, clock } = setUp();
    const targets = networks(50).map((address) => ['ada', address] as const);
    let [inARow, most, lastAt] = [0, 0, Number.NEGATIVE_INFINITY];
    // One try in every 20 s for a day, which is the slowest way to add up.
    for (let passedMs = 0; passedMs < 24 * HOUR_MS; passedMs += 20_000) {
      const [username, address] = targets[(passedMs / 20_000) % targets.length] ?? ['', ''];
      const now = clock.nowEpochMs();
      if ((await login(here, username, address, 'wrong')) === 'wrong') {
        inARow = now - lastAt >= 15 * MINUTE_MS ? 1 : inARow + 1;
        lastAt = now;
        most = Math.max(most, inARow);
      }
      clock.advance(20_000);
    }

    expect(most).toBe(9);
    expect(2 ** (most - 5)).toBe(16);
  });
});

describe('behind one address', () => {
  it('a hundred people log in within a minute, some of them at the second try', async () => {
    const { here, there, clock } = setUp();
    const outcomes: Outcome[] = [];

    for (let person = 0; person < 100; person += 1) {
      const throttle = person % 2 === 0 ? here : there;
      if (person % 3 === 0) await login(throttle, `user-${person}`, HOME, 'wrong');
      outcomes.push(await login(throttle, `user-${person}`, HOME));
      clock.advance(600);
    }

    expect(new Set(outcomes)).toEqual(new Set(['right']));
  });

  it('a hundred people log in at the same instant', async () => {
    const { here } = setUp();

    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, person) => login(here, `user-${person}`, HOME)),
    );

    expect(new Set(outcomes)).toEqual(new Set(['right']));
  });

  it('nobody who has logged in there is kept out by one who guesses', async () => {
    const { here } = setUp();
    for (let person = 0; person < 50; person += 1) await login(here, `user-${person}`, HOME);
    for (let guess = 0; guess < 1000; guess += 1) await login(here, `x${guess}`, HOME, 'wrong');

    const outcomes = [];
    for (let person = 0; person < 50; person += 1) {
      outcomes.push(await login(here, `user-${person}`, HOME));
    }

    expect(new Set(outcomes)).toEqual(new Set(['right']));
    expect(await login(here, 'newcomer', HOME)).toBe('throttled');
  });

  it('of IPv6, the whole /64 is one', async () => {
    const { here } = setUp();
    for (let guess = 0; guess < 100; guess += 1) {
      await login(here, `x${guess}`, `2001:db8::${guess.toString(16)}`, 'wrong');
    }

    expect(await login(here, 'another', '2001:db8::ffff', 'wrong')).toBe('throttled');
    expect(await login(here, 'another', '2001:db8:0:1::1', 'wrong')).toBe('wrong');
  });
});

describe('a success', () => {
  it('does not count, and clears the failures of its network alone', async () => {
    const { here, there } = setUp();
    for (let round = 0; round < 50; round += 1) {
      expect(await login(here, 'ada', HOME, 'wrong')).toBe('wrong');
      expect(await login(there, 'ADA', HOME)).toBe('right');
    }
    for (const address of networks(5)) await login(here, 'ada', address, 'wrong');
    await login(here, 'ada', HOME);

    expect(await login(here, 'ada', ELSEWHERE, 'wrong')).toBe('throttled');
  });

  it('makes a network known for thirty days', async () => {
    const { here, clock } = setUp();
    await login(here, 'ada', HOME);
    for (const days of [29, 29, 31]) {
      clock.advance(days * 24 * HOUR_MS);
      for (const address of networks(10)) await login(here, 'ada', address, 'wrong');
      expect(await login(here, 'ada', HOME), `after ${days} days`).toBe(
        days < 30 ? 'right' : 'throttled',
      );
    }
  });
});
