import { EquipmentRegistrar } from '@sensorflow/aggregation';
import { toReadingItem } from '@sensorflow/sensor-data/dynamodb/reading-item.js';
import { describe, expect, it } from 'vitest';
import { InMemoryEquipmentRegistry } from '../../../test/support/in-memory-equipment-registry.js';
import { aStoredReading, pagesOf } from '../../../test/support/readings.js';
import { registeringEquipment } from './register-equipment.js';

const MINUTE = { getRemainingTimeInMillis: () => 60_000 };
const ANSWER = { batchItemFailures: [{ itemIdentifier: '7' }] };

function start() {
  const registry = new InMemoryEquipmentRegistry();
  const handled: unknown[] = [];
  const handler = registeringEquipment(new EquipmentRegistrar(registry), async (event) => {
    handled.push(event);
    return ANSWER;
  });
  return { registry, handled, handler };
}

function aBatch(values: Readonly<Record<string, number>>) {
  const NewImage = toReadingItem(aStoredReading({ equipmentId: 'EQ-1', values }));
  return { Records: [{ eventName: 'INSERT', dynamodb: { SequenceNumber: '1', NewImage } }] };
}

describe('the function with registration', () => {
  it('answers what the function answers, and registers what its readings measure', async () => {
    const { registry, handler } = start();

    const answer = await handler(aBatch({ a: 1, b: 2 }), MINUTE);

    expect(answer).toEqual(ANSWER);
    expect((await pagesOf(registry.scan())).flat()).toEqual([
      { equipmentId: 'EQ-1', metrics: ['a', 'b'] },
    ]);
  });

  it('does the function’s work and then throws when it cannot register', async () => {
    const { registry, handled, handler } = start();
    registry.failAdditions(new Error('away'));

    await expect(handler(aBatch({ a: 1 }), MINUTE)).rejects.toThrow('away');

    expect(handled).toHaveLength(1);
  });
});
