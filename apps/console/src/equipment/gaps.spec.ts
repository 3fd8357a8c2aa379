import { describe, expect, it } from 'vitest';
import { gapsBetween, missingHours } from './gaps.ts';

const HOUR = 3_600_000;

describe('the gaps between readings', () => {
  it('are the times of more than two and a half usual gaps, the longest first', () => {
    const gaps = gapsBetween([0, 10, 20, 50, 60, 70, 170], 175);

    expect(gaps).toEqual([
      { fromEpochMs: 70, toEpochMs: 170 },
      { fromEpochMs: 20, toEpochMs: 50 },
    ]);
  });

  it('include the silence since the last one', () => {
    expect(gapsBetween([0, 10, 20], 100)).toEqual([{ fromEpochMs: 20, toEpochMs: 100 }]);
  });

  it.each([[[]], [[5]]])('of %j are unknown', (instants) => {
    expect(gapsBetween(instants, 100)).toEqual([]);
  });
});

it('hours that are missing are gaps, up to the one that has just begun', () => {
  expect(missingHours([0, HOUR, 4 * HOUR], 6.5 * HOUR)).toEqual([
    { fromEpochMs: 2 * HOUR, toEpochMs: 4 * HOUR },
    { fromEpochMs: 5 * HOUR, toEpochMs: 6 * HOUR },
  ]);
  expect(missingHours([], HOUR)).toEqual([]);
});
