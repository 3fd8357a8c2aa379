import { SystemClock, WorkBudget } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { EquipmentMetrics } from './equipment-metrics.js';

function start(registered: readonly string[]) {
  const readings = new InMemoryReadingStore();
  readings.tooCostly.add('EQ-1');
  const metrics = new EquipmentMetrics(
    { namesOf: async () => Promise.resolve(registered) },
    readings,
  );
  return { metrics, budget: new WorkBudget(new AbortController().signal, new SystemClock()) };
}

describe('an equipment whose latest reading costs too much to find', () => {
  it('has the metrics that are registered, and no other', async () => {
    const { metrics, budget } = start(['a']);

    await expect(metrics.requireMetric('EQ-1', 'a', budget)).resolves.toBeUndefined();
    await expect(metrics.requireMetric('EQ-1', 'b', budget)).rejects.toMatchObject({
      code: 'metric-unknown',
    });
  });

  it('is not called unknown where nothing is registered', async () => {
    const { metrics, budget } = start([]);

    await expect(metrics.metricMeant('EQ-1', budget)).rejects.toMatchObject({
      code: 'range-too-costly',
    });
  });
});
