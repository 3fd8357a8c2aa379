import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { RecordedRecomputation } from '../../../../test/support/import-workbench.js';
import { DoneHours } from './done-hours.js';

describe('hours of which the sums are recomputed now and then', () => {
  it('are summed up ever more seldom, so that a kill costs half of the work at the most', async () => {
    const clock = new FixedClock();
    const done = new DoneHours<number>(new RecordedRecomputation(), clock, 5000);
    const settledAt: number[] = [];

    for (let second = 1; second <= 100; second += 1) {
      clock.advance(1000);
      done.noteRecomputed(second);
      if (done.isDue) settledAt.push((await done.settle(Infinity)) ?? 0);
    }

    expect(settledAt).toEqual([5, 10, 20, 40, 80]);
    expect(await done.settle(Infinity)).toBe(100);
    expect(await done.settle(Infinity)).toBeUndefined();
  });

  it('are still to be done where their sums could not be recomputed', async () => {
    const aggregates = new RecordedRecomputation();
    const away = new Error('away');
    aggregates.recomputeSums = () => Promise.reject(away);
    const done = new DoneHours<number>(aggregates, new FixedClock(), 0);
    done.noteRecomputed(7);

    await expect(done.settle(Infinity)).rejects.toBe(away);
    aggregates.recomputeSums = async () => Promise.resolve();

    expect(await done.settle(Infinity)).toBe(7);
  });
});
