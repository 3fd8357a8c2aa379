import { describe, expect, it } from 'vitest';
import { punctualityOf, usualGapMs } from './punctuality.js';

describe('the usual gap', () => {
  it.each([
    ['of nothing', [], undefined],
    ['of one reading', [5000], undefined],
    ['of two readings', [5000, 4000], 1000],
    ['that an outage does not change', [9000, 8000, 7000, 1000, 0], 1000],
    ['between the two in the middle of an even number of gaps', [10, 9, 6], 2],
  ])('%s', (_, newestFirst, gap) => {
    expect(usualGapMs(newestFirst)).toBe(gap);
  });

  it('is that of the last 20 gaps alone', () => {
    const recent = Array.from({ length: 21 }, (_, index) => 1_000_000 - index * 1000);
    const older = Array.from({ length: 100 }, (_, index) => 900_000 - index);

    expect(usualGapMs([...recent, ...older])).toBe(1000);
  });
});

describe('equipment that sends every minute', () => {
  it.each([
    [-600_000, 'on-time'],
    [120_000, 'on-time'],
    [120_001, 'late'],
    [300_000, 'late'],
    [300_001, 'silent'],
  ])('is, %i ms after its last reading, %s', (ageMs, state) => {
    expect(punctualityOf(ageMs, 60_000)).toBe(state);
  });
});

describe('equipment that sends every second', () => {
  it.each([
    [2001, 'late'],
    [60_000, 'late'],
    [60_001, 'silent'],
  ])('is, %i ms after its last reading, %s', (ageMs, state) => {
    expect(punctualityOf(ageMs, 1000)).toBe(state);
  });
});

it('equipment that has sent once is neither late nor silent', () => {
  expect(punctualityOf(86_400_000, undefined)).toBe('unknown');
});
