import { READ_SCHEDULER_LIMITS } from '@sensorflow/platform/http/read-scheduler.js';
import { describe, expect, it } from 'vitest';
import { anInstant } from '../../../../test/support/readings.js';
import { hourOf, hourPlus } from '../hours/hour.js';
import { readWeightOf } from './read-weight.js';

const NOW = hourOf(anInstant('2023-09-01T06:00:00Z'));

function lastHours(hours: number) {
  return { from: hourPlus(NOW, 1 - hours), to: hourPlus(NOW, 1) };
}

describe('the weight of a read', () => {
  it.each([
    [24, 1, 4],
    [168, 2, 10],
    [720, 8, 11],
    [366 * 24, 88, 27],
  ])('of %i hours is %i calls for one equipment, and %i for all', (hours, ofOne, ofAll) => {
    expect([
      readWeightOf(lastHours(hours), 'EQ-1'),
      readWeightOf(lastHours(hours), undefined),
    ]).toEqual([ofOne, ofAll]);
  });

  it('of the last day is light, and that of any range fits beside reads of a day', () => {
    const { capacity, reservedForLight, lightWeight } = READ_SCHEDULER_LIMITS;

    expect(readWeightOf(lastHours(24), undefined)).toBeLessThanOrEqual(lightWeight);
    expect(readWeightOf(lastHours(366 * 24), undefined)).toBeLessThan(capacity - reservedForLight);
  });
});
