import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JUDGED_GAPS, usualGapMs } from '../punctuality.js';
import { RecentInstants } from './recent-instants.js';

describe('recent instants', () => {
  it('are as if all had been read at once, in whatever order and however often they come', () => {
    const instants = fc.array(fc.integer({ min: 0, max: 100_000 }), {
      minLength: 1,
      maxLength: 80,
    });
    fc.assert(
      fc.property(instants, fc.nat(), (all, split) => {
        const [stored, heard] = [all.slice(0, split % all.length), all.slice(split % all.length)];
        const newestOf = (some: readonly number[]) => [...new Set(some)].toSorted((a, b) => b - a);
        const recent = new RecentInstants(newestOf(stored));

        for (const each of [...heard, ...heard]) recent.add(each);

        expect(recent.lastEpochMs).toBe(Math.max(...all));
        expect(recent.usualGapMs).toBe(usualGapMs(newestOf(all).slice(0, JUDGED_GAPS + 1)));
      }),
    );
  });

  it('make a state that time alone changes', () => {
    const recent = new RecentInstants([60_000, 0]);

    const states = [60_000, 180_001, 360_001].map((now) => recent.stateAt(now));

    expect(states).toEqual(['on-time', 'late', 'silent']);
  });
});
