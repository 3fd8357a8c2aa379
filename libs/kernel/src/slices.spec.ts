import { describe, expect, it } from 'vitest';
import { holdDuring } from '../../../test/support/event-loop.js';
import { forEachInSlices } from './slices.js';

function workFor(durationMs: number): void {
  const end = performance.now() + durationMs;
  while (performance.now() < end);
}

async function workForMany(callers: number): Promise<void> {
  const items = Array.from({ length: 10 }, () => 5);
  const work = Array.from({ length: callers }, async (_, caller) =>
    forEachInSlices(items, workFor, `caller ${caller}`),
  );
  await Promise.all(work);
}

describe('work in slices', () => {
  it('meets each item in order, and what is short at once', async () => {
    const met: number[] = [];

    const done = forEachInSlices([1, 2, 3], (item) => met.push(item), 'anybody');

    expect(met).toEqual([1, 2, 3]);
    await done;
  });

  it('lets others in between', async () => {
    let others = 0;
    const timer = setInterval(() => (others += 1), 1);

    await forEachInSlices(
      Array.from({ length: 20 }, () => 5),
      workFor,
      'anybody',
    );
    clearInterval(timer);

    expect(others).toBeGreaterThanOrEqual(5);
  });

  it('ends with the first error', async () => {
    const met: number[] = [];
    const work = (item: number) => {
      if (item === 2) throw new Error('no');
      met.push(item);
    };
    const failing = forEachInSlices([1, 2, 3], work, 'anybody');

    await expect(failing).rejects.toThrow('no');
    expect(met).toEqual([1]);
  });

  it('of many at a time holds the event loop no longer than that of one', async () => {
    const tenSlicesMs = 10 * 10;

    const { longestMs } = await holdDuring(async () => workForMany(20), tenSlicesMs);

    expect(longestMs).toBeLessThan(tenSlicesMs);
  });

  it('of one caller leaves room for that of others', async () => {
    const items = [15, 1];
    const results = Promise.allSettled(
      Array.from({ length: 40 }, async () => forEachInSlices(items, workFor, 'busy')),
    );

    await expect(forEachInSlices(items, workFor, 'other')).resolves.toBeUndefined();

    const refused = (await results).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(24);
  });

  it('is refused when 32 others are running, and those complete', async () => {
    const items = [15, 1];
    const others = Array.from({ length: 32 }, async (_, caller) =>
      forEachInSlices(items, workFor, `caller ${caller}`),
    );

    const refused = forEachInSlices(items, workFor, 'anybody');

    await expect(refused).rejects.toMatchObject({ kind: 'overloaded', retryAfterSeconds: 1 });
    await expect(forEachInSlices([1], workFor, 'anybody')).resolves.toBeUndefined();
    await Promise.all(others);
    await forEachInSlices(items, workFor, 'anybody');
  });
});
