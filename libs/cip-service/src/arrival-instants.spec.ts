import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { ArrivalInstants } from './arrival-instants.js';

describe('the instants of arrival', () => {
  it('are those of the clock, and a nanosecond apart when it stands still', () => {
    const arrivals = new ArrivalInstants(new FixedClock('2023-09-01T00:00:00.731Z'));

    expect([arrivals.next(), arrivals.next(), arrivals.next()]).toEqual([
      '2023-09-01T00:00:00.731000000Z',
      '2023-09-01T00:00:00.731000001Z',
      '2023-09-01T00:00:00.731000002Z',
    ]);
  });

  it('go on in order when the clock is set back', () => {
    const clock = new FixedClock('2023-09-01T00:00:00.731Z');
    const arrivals = new ArrivalInstants(clock);
    const before = arrivals.next();

    clock.advance(-600);

    expect(arrivals.next() > before).toBe(true);
  });
});
