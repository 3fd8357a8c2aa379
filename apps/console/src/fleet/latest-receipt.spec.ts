import { describe, expect, it } from 'vitest';
import { latestReceiptIn } from './latest-receipt.ts';

const HOUR_MS = 3_600_000;
const RANGE = { fromEpochMs: 0, toEpochMs: HOUR_MS };

function reading(atMs: number, receivedMs: number, values: Record<string, number> = { flow: 1 }) {
  return {
    equipmentId: 'A',
    timestamp: new Date(atMs).toISOString(),
    registerTime: new Date(receivedMs).toISOString(),
    values,
  };
}

describe('the latest receipt that sums of a metric have to have', () => {
  it('is that of the reading that came last, whenever it was measured', () => {
    const readings = [reading(5000, 9000), reading(1000, 9500), reading(7000, 9200)];

    expect(latestReceiptIn(readings, 'flow', RANGE)).toBe(9500);
  });

  it('is none for readings of another time or metric', () => {
    const others = [reading(HOUR_MS, 9000), reading(5000, 9000, { pressure: 1 })];

    expect(latestReceiptIn(others, 'flow', RANGE)).toBeUndefined();
  });

  it('is that of a removal, which has no values', () => {
    const removal = { ...reading(5000, 9000, {}), removed: true } as const;

    expect(latestReceiptIn([removal], 'flow', RANGE)).toBe(9000);
  });
});
