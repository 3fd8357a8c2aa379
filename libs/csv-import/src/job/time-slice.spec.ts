import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { TimeSlice } from './time-slice.js';

function aSlice(hasWaiting: () => Promise<boolean>) {
  const clock = new FixedClock();
  let asked = 0;
  const queue = {
    hasWaiting: async () => {
      asked += 1;
      return hasWaiting();
    },
  };
  return { clock, slice: new TimeSlice(10_000, queue, clock), asked: () => asked };
}

describe('a time slice', () => {
  it('is over when its time has passed and others wait', async () => {
    const { clock, slice } = aSlice(async () => Promise.resolve(true));
    expect(await slice.isOver()).toBe(false);
    clock.advance(9_999);
    expect(await slice.isOver()).toBe(false);

    clock.advance(1);

    expect(await slice.isOver()).toBe(true);
  });

  it('has no end while nobody waits, and asks once a second whether somebody does', async () => {
    const { clock, slice, asked } = aSlice(async () => Promise.resolve(false));

    for (let block = 0; block < 300; block += 1) {
      expect(await slice.isOver()).toBe(false);
      clock.advance(100);
    }

    expect(asked()).toBe(20);
  });

  it('counts from the first rows, and is as long as it took to get to them', async () => {
    const { clock, slice } = aSlice(async () => Promise.resolve(true));
    clock.advance(30_000);
    expect(await slice.isOver()).toBe(false);
    clock.advance(29_999);
    expect(await slice.isOver()).toBe(false);

    clock.advance(1);

    expect(await slice.isOver()).toBe(true);
  });

  it('goes on when the queue does not answer', async () => {
    const { clock, slice } = aSlice(async () => Promise.reject(new Error('no queue')));
    await slice.isOver();

    clock.advance(60_000);

    expect(await slice.isOver()).toBe(false);
  });
});
