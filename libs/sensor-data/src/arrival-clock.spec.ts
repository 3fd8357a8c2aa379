import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { ArrivalClock } from './arrival-clock.js';

describe('an instant of arrival', () => {
  it('is that of the clock, to the nanosecond', () => {
    const arrivals = new ArrivalClock(new FixedClock('2023-09-01T00:00:00.123Z'), () => 456_789);

    expect(arrivals.series(1)()).toBe('2023-09-01T00:00:00.123456789Z');
  });

  it('is never given twice, whatever the clock does, and those of a request follow each other', () => {
    const nanos = [999_998, 5, 7];
    const arrivals = new ArrivalClock(
      new FixedClock('2023-09-01T00:00:00.999Z'),
      () => nanos.shift() ?? 0,
    );
    const [batch, single, later] = [arrivals.series(2), arrivals.series(1), arrivals.series(1)];

    const instants = [batch(), single(), batch(), later()];

    expect(instants.map((instant) => instant.slice(18))).toEqual([
      '0.999999998Z',
      '1.000000000Z',
      '0.999999999Z',
      '1.000000001Z',
    ]);
  });
});
