import { describe, expect, it } from 'vitest';
import { withArrived, withTail } from './live-tail.ts';

function aReading(second: number, values: Record<string, number>) {
  const timestamp = new Date(second * 1000).toISOString();
  return { equipmentId: 'EQ-1', timestamp, values, registerTime: timestamp };
}

describe('readings that arrive', () => {
  it('stand behind those in view, in order of time, each once', () => {
    const readings = [aReading(1, { a: 1 }), aReading(3, { a: 3 })];

    const more = withArrived(readings, [aReading(4, { a: 4 })]);
    const late = withArrived(more, [aReading(2, { a: 2 }), aReading(3, { b: 5 })]);

    expect(late.map(({ values }) => values)).toEqual([
      { a: 1 },
      { a: 2 },
      { a: 3, b: 5 },
      { a: 4 },
    ]);
  });

  it('continue a thinned series, with a gap where there was silence', () => {
    const series = {
      metric: 'a',
      sampleCount: 2,
      usualGapSeconds: 1,
      at: [0, 1000],
      values: [1, 2],
    };

    const { at, values } = withTail(series, [
      aReading(1, { a: 9 }),
      aReading(2, { a: 3 }),
      aReading(3, { b: 7 }),
      aReading(6, { a: 4 }),
    ]);

    expect([at, values]).toEqual([
      [0, 1000, 2000, 4000, 6000],
      [1, 2, 3, null, 4],
    ]);
  });
});
