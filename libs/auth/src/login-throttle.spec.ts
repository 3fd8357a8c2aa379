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
  return { clock, counter, here, there };
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

type Target = readonly [username: string, address: string];

/** The wrong passwords that get through when each is tried until it is throttled. */
async function guessOnce(throttle: LoginThrottle, targets: readonly Target[]): Promise<number> {
  let count = 0;
  for (const [username, address] of targets) {
    while ((await login(throttle, username, address, 'wrong')) === 'wrong') count += 1;
  }
  return count;
}

/** The same when somebody tries as fast as the throttle lets them. */
async function guesses(
  throttle: LoginThrottle,
  clock: FixedClock,
  targets: readonly Target[],
  durationMs: number,
): Promise<number> {
  let count = 0;
  for (let passedMs = 0; passedMs < durationMs; passedMs += 15_000) {
    count += await guessOnce(throttle, targets);
    clock.advance(15_000);
  }
  return count;
}

function at(username: string, addresses: readonly string[]): readonly Target[] {
  return addresses.map((address) => [username, address]);
}

/** Each in a /24 of its own. */
function networks(count: number, first = 0): readonly string[] {
  return Array.from(
    { length: count },
    (_, index) => `10.${(first + index) >> 8}.${(first + index) & 255}.1`,
  );
}

/** How long, in the hours, an owner waits at a network from which nobody has failed, while others guess. */
async function ownersWaits(attackers: readonly string[], hours: number) {
  const { here, there, clock } = setUp();
  const targets = at('ada', attackers);
  let [waiting, longest, all] = [0, 0, 0];
  for (let minute = 0; minute < hours * 60; minute += 1) {
    await guesses(there, clock, targets, 45_000);
    await guessOnce(there, targets);
    const outcome = await login(here, 'ada', `172.${16 + (minute >> 8)}.${minute & 255}.1`);
    waiting = outcome === 'right' ? 0 : waiting + 1;
    longest = Math.max(longest, waiting);
    all += outcome === 'right' ? 0 : 1;
    clock.advance(15_000);
  }
  return { longest, all };
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
      const { here, there, clock } = setUp();
      await login(here, 'ada', HOME);
      const many = networks(count);
      for (const address of many) await login(there, 'ada', address, 'wrong');
      // As long as Cognito itself refuses the right password.
      expect(await login(here, 'ada', HOME)).toBe('throttled');
      clock.advance(2000);

      const logins = [];
      for (let index = 0; index < 20; index += 1) logins.push(await login(here, 'ada', HOME));

      expect(new Set(logins)).toEqual(new Set(['right']));
    },
  );

  it.each([1, 2])(
    'from %i networks, for a day, never make the owner wait at one that is new and has not failed',
    async (attackers) => {
      expect(await ownersWaits(networks(attackers), 24)).toEqual({ longest: 0, all: 0 });
    },
  );

  it.each([
    [8, { longest: 5, all: 6 }],
    [9, { longest: 22, all: 24 }],
    [40, { longest: 131, all: 143 }],
    [100, { longest: 349, all: 356 }],
  ])('from %i networks make the owner wait there until each has failed', async (count, minutes) => {
    expect(await ownersWaits(networks(count), 8)).toEqual(minutes);
  });

  it('leave the owner a second try at a network that is new', async () => {
    const { here, there, clock } = setUp();
    await guesses(there, clock, at('ada', networks(2)), HOUR_MS);

    const outcomes = [
      await login(here, 'ada', HOME, 'wrong'),
      await guessOnce(there, at('ada', networks(2))),
      await login(here, 'ada', HOME),
    ];

    expect(outcomes).toEqual(['wrong', 0, 'right']);
  });

  it.each([
    ['a /24', (index: number) => `198.51.100.${index & 255}`],
    ['a /48', (index: number) => `2001:db8:1:${index.toString(16)}::1`],
  ])('from all over %s are those of one network that is new', async (_prefix, addressOf) => {
    const { here, there } = setUp();
    const addresses = Array.from({ length: 1000 }, (_, index) => addressOf(index));

    expect(await guessOnce(there, at('ada', addresses))).toBe(3);
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

  it.each([
    [1, [8, 4, 3]],
    [2, [14, 8, 6]],
    [8, [31, 20, 15]],
    [9, [33, 20, 15]],
    [40, [39, 39, 22]],
    [100, [39, 39, 39]],
  ])(
    'of an account are bounded: from %i networks, %j in each hour',
    async (attackers, expected) => {
      const { here, clock } = setUp();
      const hours = [];
      for (const _hour of expected) {
        hours.push(await guesses(here, clock, at('ada', networks(attackers)), HOUR_MS));
      }

      expect(hours).toEqual(expected);
    },
  );

  it('are bounded for a network that is known, and for one at many accounts', async () => {
    const known = setUp();
    await login(known.here, 'ada', HOME);
    const { here, clock } = setUp();
    const accounts = Array.from({ length: 130 }, (_, index): Target => [`u${index}`, HOME]);

    expect(await guesses(known.here, known.clock, at('ada', [HOME]), HOUR_MS)).toBe(18);
    expect(await guesses(here, clock, accounts, HOUR_MS)).toBe(339);
  });

  it('never make Cognito lock an account for longer than four minutes', async () => {
    const { here, clock } = setUp();
    const addresses = networks(2000);
    let [inARow, most, lastAt] = [0, 0, Number.NEGATIVE_INFINITY];
    // One try in every 20 s for a day: slow enough to add up.
    for (let passedMs = 0; passedMs < 24 * HOUR_MS; passedMs += 20_000) {
      const address = addresses[(passedMs / 20_000) % addresses.length] ?? '';
      const now = clock.nowEpochMs();
      if ((await login(here, 'ada', address, 'wrong')) === 'wrong') {
        inARow = now - lastAt >= 15 * MINUTE_MS ? 1 : inARow + 1;
        lastAt = now;
        most = Math.max(most, inARow);
      }
      clock.advance(20_000);
    }

    expect(most).toBe(13);
    expect(2 ** (most - 5)).toBe(256);
  });

  it('make nobody try at a network that is new while Cognito would refuse the right password', async () => {
    const { here, there, clock } = setUp();
    const attackers = networks(15 * 60);
    const triedAt: number[] = [];
    for (const [second, address] of attackers.entries()) {
      const outcome = await login(second % 2 === 0 ? here : there, 'ada', address, 'wrong');
      if (outcome === 'wrong') triedAt.push(second);
      clock.advance(1000);
    }

    // A second longer than the lock after each: 1, 2, 4, 8, 16, 32, 64 and 128 s.
    expect(triedAt).toEqual([0, 1, 2, 3, 4, 6, 9, 14, 23, 40, 73, 138, 267]);
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

  it('whoever has used up the bucket leaves nothing behind at other accounts', async () => {
    const { here, counter } = setUp();
    for (let guess = 0; guess < 100; guess += 1) await login(here, `x${guess}`, HOME, 'wrong');
    const before = counter.size;

    for (let guess = 100; guess < 1000; guess += 1) await login(here, `x${guess}`, HOME, 'wrong');

    expect(counter.size).toBe(before);
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
    for (const address of networks(13)) await login(here, 'ada', address, 'wrong');
    await login(here, 'ada', HOME);

    expect(await login(here, 'ada', ELSEWHERE, 'wrong')).toBe('throttled');
  });

  it('leaves the wait of others as it was, as does an attempt that nobody decided', async () => {
    const { here, there, clock } = setUp();
    await guessOnce(there, at('ada', networks(2)));
    clock.advance(12 * MINUTE_MS);
    await login(here, 'ada', HOME);
    await (await here.admit('ada', ELSEWHERE)).undecided();
    clock.advance(4 * MINUTE_MS);

    expect(await login(there, 'ada', '10.0.0.1', 'wrong')).toBe('wrong');
  });

  it('makes a network known for thirty days', async () => {
    const { here, clock } = setUp();
    await login(here, 'ada', HOME);
    for (const days of [29, 29, 31]) {
      clock.advance(days * 24 * HOUR_MS);
      for (let failure = 1; failure <= 3; failure += 1) await login(here, 'ada', HOME, 'wrong');
      // A network that is new waits after the third failure.
      expect(await login(here, 'ada', HOME), `after ${days} days`).toBe(
        days < 30 ? 'right' : 'throttled',
      );
    }
  });
});
