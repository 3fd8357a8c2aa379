import { SystemClock, WorkBudget, type Instant } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { InMemoryReadingStore } from '../../../../test/support/in-memory-reading-store.js';
import { aStoredReading } from '../../../../test/support/readings.js';
import type { StoredReading } from '../reading.js';
import { ReadingSeries } from './reading-series.js';

const START = Date.parse('2026-11-30T00:00:00Z');

function instantAfter(seconds: number): Instant {
  return `${new Date(START + seconds * 1000).toISOString().slice(0, -1)}000000Z` as Instant;
}

/** Gives the readings of a range out by twos, and counts a call for each. */
class PagedStore extends InMemoryReadingStore {
  override async *scanRange(
    equipmentId: string,
    from: Instant,
    to: Instant,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly StoredReading[]> {
    const { readings } = await this.range({ equipmentId, from, to, order: 'asc', limit: 1e6 });
    for (let index = 0; index < readings.length; index += 2) {
      await budget?.call(async () => Promise.resolve());
      yield [];
      yield readings.slice(index, index + 2);
    }
  }
}

async function start(count: number) {
  const store = new PagedStore();
  await store.putAll(
    Array.from({ length: count }, (_, second) =>
      aStoredReading({
        equipmentId: 'EQ-1',
        timestamp: instantAfter(second),
        values: second % 2 === 0 ? { a: second, b: -second } : { a: second },
      }),
    ),
  );
  const read = async (from: Instant, storeCalls = 1000) => {
    const budget = new WorkBudget(new AbortController().signal, new SystemClock(), {
      storeCalls,
      ms: 60_000,
    });
    const range = { equipmentId: 'EQ-1', from, to: instantAfter(3600), buckets: 3600 };
    return new ReadingSeries(store).read({ ...range, metrics: ['b', 'a', 'none'] }, budget);
  };
  return { read };
}

describe('the series of an equipment', () => {
  it('are those of the metrics that were asked for, also of those that it does not have', async () => {
    const { read } = await start(10);

    const { series, rest } = await read(instantAfter(0));

    expect(series.map(({ metric, sampleCount }) => [metric, sampleCount])).toEqual([
      ['b', 5],
      ['a', 10],
      ['none', 0],
    ]);
    expect(series[0]?.usualGapMs).toBe(2000);
    expect(rest).toBeUndefined();
  });

  it('go on with the last reading of a part, until all is there', async () => {
    const { read } = await start(20);
    const seen: number[] = [];

    let from: Instant | undefined = instantAfter(0);
    let parts = 0;
    while (from !== undefined) {
      const { series, rest }: Awaited<ReturnType<typeof read>> = await read(from, 3);
      seen.push(...(series[1]?.at ?? []).slice(parts === 0 ? 0 : 1));
      from = rest;
      parts += 1;
    }

    expect(parts).toBeGreaterThan(3);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, second) => START + second * 1000));
  });

  it('are thinned metric by metric, and let the event loop serve others in between', async () => {
    const { read } = await start(10);
    let rounds = 0;
    const count = () => {
      rounds += 1;
      next = setImmediate(count);
    };
    let next = setImmediate(count);

    await read(instantAfter(0));
    clearImmediate(next);

    expect(rounds).toBeGreaterThanOrEqual(3);
  });

  it('that make no progress within the budget are refused', async () => {
    const { read } = await start(20);

    await expect(read(instantAfter(0), 1)).rejects.toMatchObject({ code: 'range-too-costly' });
  });
});
