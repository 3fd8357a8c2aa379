import { describe, expect, it } from 'vitest';
import { BatchPace } from './batch-pace.js';

describe('the size of a batch', () => {
  it('is what the store takes in the time, in blocks', () => {
    const pace = new BatchPace(5000);

    // Of each hour of an equipment, one block: 4 in a millisecond.
    pace.note({ count: 20_000, groups: 1000 }, 1000, 250);

    expect(pace.isReached({ count: 10_000_000, groups: 19_999 })).toBe(false);
    expect(pace.isReached({ count: 20_000, groups: 20_000 })).toBe(true);
  });

  it('counts the blocks that the rows of one hour take, as those of the batch before did', () => {
    const pace = new BatchPace(5000);

    pace.note({ count: 10_000, groups: 1 }, 101, 1000);

    expect(pace.isReached({ count: 50_000, groups: 1 })).toBe(false);
    expect(pace.isReached({ count: 105_000, groups: 1 })).toBe(true);
  });

  it('has a bound of its own for equipment and hours', () => {
    const pace = new BatchPace(5000);

    pace.note({ count: 1000, groups: 1000 }, 1000, 1);

    expect(pace.isReached({ count: 19_999, groups: 19_999 })).toBe(false);
    expect(pace.isReached({ count: 20_000, groups: 20_000 })).toBe(true);
  });

  it('begins small, and never ends', () => {
    const pace = new BatchPace(5000);
    expect(pace.isReached({ count: 8000, groups: 8000 })).toBe(true);

    pace.note({ count: 100, groups: 100 }, 100, 1_000_000);
    expect(pace.isReached({ count: 500, groups: 500 })).toBe(false);
    pace.note({ count: 100, groups: 0 }, 0, 10);
    expect(pace.isReached({ count: 500, groups: 500 })).toBe(false);
  });
});
