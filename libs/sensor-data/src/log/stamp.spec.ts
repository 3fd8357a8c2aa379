import { DomainError } from '@sensorflow/kernel';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { compareStamps, parseStamp, StampClock, stampInstant, stampText } from './stamp.js';

const aStamp = fc.record({
  epochMicros: fc.oneof(fc.nat(), fc.integer({ min: 1.7e15, max: 1.7e15 + 50 })),
  source: fc.constantFrom('0', '1abc', 'z', '0190a0a0-0000-7000-8000-000000000001'),
});

describe('stamps', () => {
  it('are ordered alike as texts', () => {
    fc.assert(
      fc.property(aStamp, aStamp, (a, b) => {
        const order = Math.sign(compareStamps(a, b));

        expect(order).toBe(stampText(a) < stampText(b) ? -1 : Number(stampText(a) > stampText(b)));
        expect(parseStamp(stampText(a))).toEqual(a);
      }),
    );
  });

  it('say when they were made', () => {
    expect(stampInstant({ epochMicros: 1_764_489_600_123_456, source: 'a' })).toBe(
      '2025-11-30T08:00:00.123000000Z',
    );
  });
});

describe('the clock that makes stamps', () => {
  it('rises strictly, also within a millisecond and when the wall clock is set back', () => {
    const wall = new FixedClock(1_000);
    const clock = new StampClock(wall, 'a');

    const stamps = [clock.next(), clock.next()];
    wall.advance(-990);
    stamps.push(clock.next());
    wall.advance(1_990);
    stamps.push(clock.next());

    expect(stamps.map(({ epochMicros }) => epochMicros)).toEqual([
      1_000_000, 1_000_001, 1_000_002, 2_000_000,
    ]);
  });

  it('that was wrong begins anew once it is right, under another source', () => {
    const wall = new FixedClock(3_600_000);
    const clock = new StampClock(wall);
    const wrong = clock.next();

    wall.advance(-3_599_000);
    clock.restart();
    const right = clock.next();

    expect(right.epochMicros).toBe(1_000_000);
    expect(right.source).not.toBe(wrong.source);
  });

  it('counts whole microseconds, also of a wall clock that is finer', () => {
    const wall = new FixedClock(1_000);
    const clock = new StampClock(wall, 'a');

    wall.advance(0.123_456);

    expect(parseStamp(stampText(clock.next()))).toEqual({ epochMicros: 1_000_123, source: 'a' });
  });

  it('has another source at each start', () => {
    const wall = new FixedClock(1_000);
    const sources = Array.from({ length: 100 }, () => new StampClock(wall).next().source);

    expect(new Set(sources).size).toBe(100);
    expect(sources.every((source) => /^[0-9a-v]{10}$/.test(source))).toBe(true);
  });

  it('makes a stamp greater than one from a clock that is ahead, and continues from there', () => {
    const clock = new StampClock(new FixedClock(1_000), 'a');
    const ahead = { epochMicros: 1_500_000, source: 'z' };

    const above = clock.above(ahead);

    expect(compareStamps(above, ahead)).toBeGreaterThan(0);
    expect(compareStamps(clock.next(), above)).toBeGreaterThan(0);
  });

  it('makes none above one that is over a minute ahead', () => {
    const clock = new StampClock(new FixedClock(1_000), 'a');

    expect(() => clock.above({ epochMicros: 61_000_001, source: 'z' })).toThrow(
      expect.objectContaining({ code: 'clock-behind' }) as DomainError,
    );
    expect(clock.next().epochMicros).toBe(1_000_000);
  });
});
