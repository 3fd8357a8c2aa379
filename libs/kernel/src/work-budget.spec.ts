import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { WorkBudget } from './work-budget.js';

const LIMITS = { storeCalls: 3, ms: 100 };

function aBudget(signal = new AbortController().signal) {
  const clock = new FixedClock();
  return { clock, budget: new WorkBudget(signal, clock, LIMITS) };
}

describe('a work budget', () => {
  it('counts calls, items and the time that they took', async () => {
    const { clock, budget } = aBudget();

    await budget.call(
      async () => {
        clock.advance(7);
        return Promise.resolve(['a', 'b']);
      },
      (answer) => answer.length,
    );
    await budget.call(async () => Promise.resolve('one'));

    expect(budget.cost).toEqual({ storeCalls: 2, storeItems: 3, storeMs: 7 });
  });

  it('is spent after so many calls', async () => {
    const { budget } = aBudget();

    const seen: boolean[] = [];
    for (let call = 0; call < 3; call += 1) {
      seen.push(budget.isSpent());
      await budget.call(async () => Promise.resolve());
    }

    expect([...seen, budget.isSpent()]).toEqual([false, false, false, true]);
  });

  it('runs out that long after its first call, however long the request waited before', async () => {
    const { clock, budget } = aBudget();
    clock.advance(1000);
    expect(budget.isSpent()).toBe(false);

    await budget.call(async () => Promise.resolve());
    clock.advance(99);
    expect(budget.isSpent()).toBe(false);
    clock.advance(1);

    expect(budget.isSpent()).toBe(true);
  });

  it('makes no call for a client that has gone', async () => {
    const gone = new AbortController();
    const { budget } = aBudget(gone.signal);
    gone.abort();

    await expect(budget.call(async () => Promise.resolve())).rejects.toBe(gone.signal.reason);
    expect(budget.cost.storeCalls).toBe(0);
  });

  it('ends a call whose client disconnects, with the reason of the signal, not of the call', async () => {
    const gone = new AbortController();
    const { budget } = aBudget(gone.signal);

    const call = budget.call(
      async (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    );
    gone.abort();

    await expect(call).rejects.toBe(gone.signal.reason);
  });

  it('is spent by its parts, of which one can end earlier', async () => {
    const { clock, budget } = aBudget();
    const early = new AbortController();
    const part = budget.endingWith(early.signal);

    await part.call(async () => Promise.resolve());
    await budget.call(async () => Promise.resolve());
    clock.advance(100);
    early.abort();

    expect([budget.cost, budget.isSpent()]).toEqual([part.cost, true]);
    expect(budget.cost.storeCalls).toBe(2);
    await expect(part.call(async () => Promise.resolve())).rejects.toBe(early.signal.reason);
    await expect(budget.call(async () => Promise.resolve('on'))).resolves.toBe('on');
  });

  it('is spent by parts with limits of their own, which are not spent by each other', async () => {
    const { clock, budget } = aBudget();
    const parts = [1, 2].map((storeCalls) => budget.partWith({ storeCalls, ms: 100 }));

    for (const part of parts) {
      await part.call(
        async () => {
          clock.advance(7);
          return Promise.resolve('two');
        },
        () => 2,
      );
    }

    expect(parts.map((part) => part.isSpent())).toEqual([true, false]);
    expect(parts[1]?.cost).toEqual({ storeCalls: 1, storeItems: 2, storeMs: 7 });
    expect(budget.cost).toEqual({ storeCalls: 2, storeItems: 4, storeMs: 14 });
    await parts[0]?.endingWith(new AbortController().signal).call(async () => Promise.resolve());
    expect([parts[0]?.cost.storeCalls, budget.isSpent()]).toEqual([2, true]);
  });

  it('ends its parts with itself', () => {
    const gone = new AbortController();
    const { budget } = aBudget(gone.signal);

    const parts = [budget.endingWith(new AbortController().signal), budget.partWith(LIMITS)];
    gone.abort();

    for (const { signal } of parts) expect(signal.reason).toBe(gone.signal.reason);
  });
});
