import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { rateFields, rateLimited, RequestRates } from './request-rates.js';

function setUp() {
  const clock = new FixedClock();
  return { clock, rates: new RequestRates(clock) };
}

describe('the rate of a caller', () => {
  it('is so many requests in a minute, which begins with the first', () => {
    const { clock, rates } = setUp();
    const exceeded = () => rates.take('a', 3).isExceeded;

    expect([exceeded(), exceeded(), exceeded(), exceeded()]).toEqual([false, false, false, true]);
    clock.advance(59_999);
    expect(exceeded()).toBe(true);
    clock.advance(1);
    expect([exceeded(), exceeded(), exceeded(), exceeded()]).toEqual([false, false, false, true]);
  });

  it('is nobody else’s', () => {
    const { rates } = setUp();

    for (let index = 0; index < 5; index += 1) rates.take('a', 3);

    expect(rates.take('b', 3)).toMatchObject({ remaining: 2, isExceeded: false });
  });

  it('is told in the fields of the IETF draft', () => {
    const { clock, rates } = setUp();
    rates.take('a', 600);
    clock.advance(29_500);

    const state = rates.take('a', 600);

    expect(rateFields(state)).toEqual({
      policy: '"minute";q=600;w=60',
      current: '"minute";r=598;t=31',
    });
  });

  it('is refused with the seconds to wait', () => {
    const { clock, rates } = setUp();
    rates.take('a', 1);
    clock.advance(20_000);

    expect(rateLimited(rates.take('a', 1))).toMatchObject({
      kind: 'throttled',
      code: 'rate-limited',
      retryAfterSeconds: 40,
    });
  });

  it('follows a limit that changes within the minute', () => {
    const { rates } = setUp();
    for (let index = 0; index < 5; index += 1) rates.take('a', 10);

    expect(rates.take('a', 3)).toMatchObject({ remaining: 0, isExceeded: true });
    expect(rates.take('a', 10)).toMatchObject({ remaining: 4, isExceeded: false });
  });
});
