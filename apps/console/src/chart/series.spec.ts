import { describe, expect, it } from 'vitest';
import { seriesOfHours, seriesOfReadings } from './series.ts';

describe('the line through readings', () => {
  it('is broken where the equipment was silent', () => {
    const at = [0, 10, 20, 60, 70];

    expect(seriesOfReadings(at.map((each) => ({ at: each, value: each })))).toEqual({
      at: [0, 10, 20, 40, 60, 70],
      values: [0, 10, 20, null, 60, 70],
    });
  });

  it('of one reading, or of none, is no line', () => {
    expect(seriesOfReadings([{ at: 5, value: 1 }])).toEqual({ at: [5], values: [1] });
    expect(seriesOfReadings([])).toEqual({ at: [], values: [] });
  });
});

describe('the line through hours', () => {
  it('stands in their middle, has a band, and is broken where hours are missing', () => {
    const hours = [0, 3600, 10_800].map((at) => ({ at, value: 2, min: 1, max: 3 }));

    expect(seriesOfHours(hours)).toEqual({
      at: [1800, 5400, 9000, 12_600],
      values: [2, 2, null, 2],
      lowest: [1, 1, null, 1],
      highest: [3, 3, null, 3],
    });
  });
});
