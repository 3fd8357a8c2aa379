import { EquipmentRegistrar } from '@sensorflow/equipment';
import { SystemClock } from '@sensorflow/kernel';
import { streamRecordsOf } from '@sensorflow/platform/aws/stream-records.js';
import { describe, expect, it } from 'vitest';
import { aBlockOf, itemOf } from '../../../test/support/blocks.js';
import { InMemoryEquipmentRegistry } from '../../../test/support/in-memory-equipment-registry.js';
import { aStoredReading, pagesOf } from '../../../test/support/readings.js';
import { registeringEquipment } from './register-equipment.js';
import type { RemainingTime } from './stream-batch-handler.js';

const MINUTE = { getRemainingTimeInMillis: () => 60_000 };
const ANSWER = { batchItemFailures: [{ itemIdentifier: '7' }] };

/** The registry of a store that answers when told. */
class SlowRegistry extends InMemoryEquipmentRegistry {
  gate: Promise<void> = Promise.resolve();

  override async add(pairs: Parameters<InMemoryEquipmentRegistry['add']>[0]) {
    await this.gate;
    return super.add(pairs);
  }
}

function start(mostWaiting = 1000) {
  const registry = new SlowRegistry();
  const clock = new SystemClock();
  const handled: unknown[] = [];
  const registrar = new EquipmentRegistrar(registry, clock, { remembered: 1000, mostWaiting });
  const handle = registeringEquipment(registrar, clock, async (records) => {
    handled.push(records);
    return Promise.resolve(ANSWER);
  });
  const handler = async (event: unknown, context: RemainingTime) =>
    handle(streamRecordsOf(event), context);
  return { registry, registrar, handled, handler };
}

function aBatch(values: Readonly<Record<string, number>>) {
  const NewImage = itemOf(aBlockOf(aStoredReading({ equipmentId: 'EQ-1', values })));
  return { Records: [{ eventName: 'INSERT', dynamodb: { SequenceNumber: '1', NewImage } }] };
}

describe('the function with registration', () => {
  it('answers what the function answers, and registers what its readings measure', async () => {
    const { registry, handler } = start();

    const answer = await handler(aBatch({ a: 1, b: 2 }), MINUTE);

    expect(answer).toEqual(ANSWER);
    expect((await pagesOf(registry.scan())).flat()).toMatchObject([
      { equipmentId: 'EQ-1', metrics: ['a', 'b'] },
    ]);
  });

  it('does the function’s work and then throws when it cannot register', async () => {
    const { registry, handled, handler } = start();
    registry.failAdditions(new Error('away'));

    await expect(handler(aBatch({ a: 1 }), MINUTE)).rejects.toThrow('away');

    expect(handled).toHaveLength(1);
  });

  it('does not wait long for a slow registry, which gets the rest with the next batch', async () => {
    const { registry, registrar, handler } = start();
    const { promise, resolve: open } = Promise.withResolvers<void>();
    registry.gate = promise;
    const startedAt = performance.now();

    expect(await handler(aBatch({ a: 1 }), MINUTE)).toEqual(ANSWER);
    expect(performance.now() - startedAt).toBeLessThan(5000);
    open();
    await handler(aBatch({ b: 1 }), MINUTE);

    expect(registrar.backlog).toBe(0);
    expect(registry.additions.flat().map(({ metric }) => metric)).toEqual(['a', 'b']);
  });

  it('has the stream deliver a batch again when too much is waiting', async () => {
    const { registry, handled, handler } = start(100);
    registry.gate = new Promise(() => undefined);
    const names = Array.from({ length: 64 }, (_, n) => [`m${n}`, n] as const);
    const more = Array.from({ length: 64 }, (_, n) => [`n${n}`, n] as const);
    await expect(handler(aBatch(Object.fromEntries(names)), MINUTE)).resolves.toEqual(ANSWER);

    const second = handler(aBatch(Object.fromEntries(more)), MINUTE);

    await expect(second).rejects.toMatchObject({ code: 'registration-behind' });
    expect(handled).toHaveLength(2);
  });
});
