import { SystemClock, WorkBudget } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { aStoredReading } from '../../../test/support/readings.js';
import { EquipmentMetrics } from './equipment-metrics.js';

function start(registered: readonly string[]) {
  const readings = new InMemoryReadingStore();
  readings.tooCostly.add('EQ-1');
  const metrics = new EquipmentMetrics(
    { namesOf: async () => Promise.resolve(registered) },
    readings,
  );
  return {
    metrics,
    readings,
    budget: new WorkBudget(new AbortController().signal, new SystemClock()),
  };
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

describe('an equipment that is not registered yet', () => {
  it.each([
    ['value', { value: 1 }],
    ['its only metric', { a: 1 }],
  ])('is known to mean %s by one look at its latest reading', async (_, values) => {
    const { metrics, readings, budget } = start([]);
    await readings.putAll([aStoredReading({ equipmentId: 'EQ-2', values })]);

    const [expected] = Object.keys(values);

    await expect(metrics.metricMeant('EQ-2', budget)).resolves.toBe(expected);
    expect(budget.cost.storeCalls).toBe(REGISTRY_AND_LATEST);
  });

  it('is refused after one look at its latest reading', async () => {
    const { metrics, readings, budget } = start([]);
    await readings.putAll([aStoredReading({ equipmentId: 'EQ-2', values: { a: 1, b: 2 } })]);

    for (const asking of [
      async () => metrics.metricMeant('EQ-2', budget),
      async () => metrics.requireMetric('EQ-2', 'c', budget),
    ]) {
      const before = budget.cost.storeCalls;
      await expect(asking()).rejects.toMatchObject({
        code: 'metric-unknown',
        extensions: { metrics: ['a', 'b'] },
      });
      expect(budget.cost.storeCalls - before).toBe(REGISTRY_AND_LATEST);
    }
  });
});

const REGISTRY_AND_LATEST = 2;
