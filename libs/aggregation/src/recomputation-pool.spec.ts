import { DomainError } from '@sensorflow/kernel';
import { beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { RecomputationPool } from './recomputation-pool.js';

const DEADLINE_MS = 50_000;

describe('a pool of recomputations', () => {
  let clock: FixedClock;
  let startedEpochMs: number;
  let done: string[];
  let failed: string[];

  beforeEach(() => {
    clock = new FixedClock();
    startedEpochMs = clock.nowEpochMs();
    [done, failed] = [[], []];
  });

  async function run(
    cells: readonly string[],
    isRefused: (cell: string) => boolean,
    partsDone?: () => number,
  ): Promise<number> {
    const pool = new RecomputationPool(clock, () => 0.5);
    await pool.run(cells, startedEpochMs + DEADLINE_MS, {
      recompute: async (cell) => {
        await Promise.resolve();
        if (isRefused(cell)) throw new DomainError('unavailable', 'store-unavailable', 'no');
        done.push(cell);
      },
      fail: (cell) => failed.push(cell),
      ...(partsDone && { partsDone }),
    });
    return clock.nowEpochMs() - startedEpochMs;
  }

  it('gives up a refused cell long before its deadline when nothing else makes progress', async () => {
    const tookMs = await run(['a', 'poison', 'b'], (cell) => cell === 'poison');

    expect(done).toEqual(['a', 'b']);
    expect(failed).toEqual(['poison']);
    expect(tookMs).toBeGreaterThanOrEqual(5_000);
    expect(tookMs).toBeLessThan(7_000);
  });

  it('continues until its deadline while parts of a cell are completed', async () => {
    let parts = 0;

    const tookMs = await run(
      ['large'],
      () => true,
      () => (parts += 1),
    );

    expect(failed).toEqual(['large']);
    expect(tookMs).toBeGreaterThanOrEqual(DEADLINE_MS);
    expect(tookMs).toBeLessThan(DEADLINE_MS + 2_000);
  });
});
