import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryAttemptCounter } from '../../../test/support/in-memory-attempt-counter.js';
import { LoginThrottle } from './login-throttle.js';

function setUp() {
  const clock = new FixedClock();
  const counter = new InMemoryAttemptCounter();
  return {
    clock,
    here: new LoginThrottle(counter, clock),
    there: new LoginThrottle(counter, clock),
  };
}

async function attempts(throttle: LoginThrottle, username: string, address: string, count: number) {
  for (let index = 0; index < count; index += 1) await throttle.admit(username, address);
}

describe('logins', () => {
  it('of an account are ten in fifteen minutes, however its name is written', async () => {
    const { here, there, clock } = setUp();
    await attempts(here, 'Ada', '192.0.2.1', 5);
    await attempts(there, 'ADA', '192.0.2.2', 5);
    clock.advance(60_000);

    const eleventh = here.admit('ada', '192.0.2.3');

    await expect(eleventh).rejects.toMatchObject({
      kind: 'throttled',
      code: 'login-throttled',
      retryAfterSeconds: 840,
    });
    clock.advance(840_000);
    await expect(here.admit('ada', '192.0.2.3')).resolves.toBeUndefined();
  });

  it('from an address are a hundred, over all accounts', async () => {
    const { here } = setUp();
    for (let index = 0; index < 100; index += 1) {
      await here.admit(`user-${index}`, `2001:db8::${index.toString(16)}`);
    }

    await expect(here.admit('another', '2001:db8::ffff')).rejects.toMatchObject({
      code: 'login-throttled',
    });
    await expect(here.admit('another', '2001:db8:0:1::1')).resolves.toBeUndefined();
  });

  it('from a throttled address do not use up an account’s attempts', async () => {
    const { here } = setUp();
    for (let index = 0; index < 100; index += 1) await here.admit(`user-${index}`, '192.0.2.1');
    for (let index = 0; index < 20; index += 1) {
      await expect(here.admit('victim', '192.0.2.1')).rejects.toThrow('Too many attempts');
    }

    await expect(attempts(here, 'victim', '192.0.2.2', 10)).resolves.toBeUndefined();
  });

  it('start from zero after a success', async () => {
    const { here, there } = setUp();
    await attempts(here, 'ada', '192.0.2.1', 10);

    await there.forgive('ADA');

    await expect(here.admit('ada', '192.0.2.1')).resolves.toBeUndefined();
  });
});
