import { describe, expect, it } from 'vitest';
import { stateAt, withReadings } from './overview-live.ts';
import type { Status } from './overview-order.ts';

const AT = '2026-11-30T12:00:00.000Z';
const PUMP: Status = {
  equipmentId: 'PUMP',
  state: 'on-time',
  lastTimestamp: AT,
  values: { flow: 1 },
  usualGapSeconds: 60,
  lateAfterSeconds: 120,
  silentAfterSeconds: 300,
};

function aReading(timestamp: string, values: Record<string, number>, equipmentId = 'PUMP') {
  return { equipmentId, timestamp, values, registerTime: timestamp };
}

describe('a state', () => {
  it.each([
    [120, 'on-time'],
    [121, 'late'],
    [300, 'late'],
    [301, 'silent'],
  ])('is, %i s after the last reading, %s', (seconds, state) => {
    expect(stateAt(PUMP, Date.parse(AT) + seconds * 1000)).toBe(state);
  });

  it('without a usual gap stays as it is', () => {
    const fresh: Status = {
      ...PUMP,
      state: 'unknown',
      lateAfterSeconds: null,
      silentAfterSeconds: null,
    };

    expect(stateAt(fresh, Date.parse(AT) + 1e9)).toBe('unknown');
  });
});

describe('a page', () => {
  it('takes the newest reading of each equipment, whatever order they come in', () => {
    const arrived = [
      aReading('2026-11-30T12:00:02.000Z', { flow: 3 }),
      aReading('2026-11-30T12:00:01.000Z', { flow: 2 }),
      aReading('2026-11-30T12:00:05.000Z', { flow: 9 }, 'OTHER'),
    ];

    expect(withReadings({ items: [PUMP] }, arrived).items).toMatchObject([
      { lastTimestamp: '2026-11-30T12:00:02.000Z', values: { flow: 3 } },
    ]);
  });

  it('keeps the metrics of one instant together, also those that were corrected', () => {
    const arrived = [aReading(AT, { pressure: 2 }), aReading(AT, { flow: 5 })];

    expect(withReadings({ items: [PUMP] }, arrived).items[0]?.values).toEqual({
      flow: 5,
      pressure: 2,
    });
  });

  it('that nothing arrived for is the same page', () => {
    const page = { items: [PUMP] };

    expect(withReadings(page, [aReading(AT, { flow: 1 }, 'OTHER')])).toBe(page);
  });
});
