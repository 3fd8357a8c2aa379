import { describe, expect, it, vi } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { LastUses } from './last-uses.js';

const QUARTER_MS = 15 * 60_000;

function setUp() {
  const clock = new FixedClock();
  clock.advance(QUARTER_MS - (clock.nowEpochMs() % QUARTER_MS));
  const written: (readonly [string, number])[] = [];
  const failures: unknown[] = [];
  const state = { failing: false, atOnce: 0, most: 0 };
  const uses = new LastUses(
    clock,
    async (keyId, usedAt) => {
      state.atOnce += 1;
      state.most = Math.max(state.most, state.atOnce);
      await Promise.resolve();
      state.atOnce -= 1;
      if (state.failing) throw new Error('down');
      written.push([keyId, usedAt]);
    },
    (error) => failures.push(error),
  );
  return { clock, written, failures, state, uses };
}

describe('the last use of a key', () => {
  it('is written once in a quarter of an hour, to its beginning', async () => {
    const { clock, written, uses } = setUp();
    const quarter = clock.nowEpochMs();

    for (let second = 0; second < 2 * 15 * 60; second += 1) {
      uses.note('a');
      clock.advance(1000);
    }

    await vi.waitFor(() => {
      expect(written).toEqual([
        ['a', quarter],
        ['a', quarter + QUARTER_MS],
      ]);
    });
  });

  it('of many keys is written a few at a time', async () => {
    const { written, state, uses } = setUp();

    for (let key = 0; key < 500; key += 1) uses.note(`key-${key}`);

    await vi.waitFor(() => expect(written).toHaveLength(500));
    expect(state.most).toBe(4);
  });

  it('that cannot be written is tried again after a minute, not with every request', async () => {
    const { clock, written, failures, state, uses } = setUp();
    state.failing = true;
    uses.note('a');
    await vi.waitFor(() => expect(failures).toHaveLength(1));

    state.failing = false;
    clock.advance(59_999);
    uses.note('a');
    await Promise.resolve();
    expect(written).toEqual([]);
    clock.advance(1);
    uses.note('a');

    await vi.waitFor(() => expect(written).toHaveLength(1));
  });
});
