import { SystemClock } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { InMemoryEquipmentRegistry } from '../../../test/support/in-memory-equipment-registry.js';
import { EquipmentRegistrar } from './equipment-registrar.js';

const PRESSURE = { equipmentId: 'EQ-1', metric: 'pressure' };
const VALUE = { equipmentId: 'EQ-1', metric: 'value' };

function start(options?: ConstructorParameters<typeof EquipmentRegistrar>[2]) {
  const registry = new InMemoryEquipmentRegistry();
  return { registry, registrar: new EquipmentRegistrar(registry, new SystemClock(), options) };
}

function fleet(name: string, size: number) {
  return Array.from({ length: size }, (_, i) => ({
    equipmentId: `${name}-${i}`,
    metric: 'value',
  }));
}

describe('the registrar', () => {
  it('adds what is new once, however often it is shown', async () => {
    const { registry, registrar } = start();

    await registrar.register([VALUE, VALUE]);
    await registrar.register([VALUE, PRESSURE]);
    await registrar.register([PRESSURE]);

    expect(registry.additions).toEqual([[VALUE], [PRESSURE]]);
  });

  it('adds again what a failing registry may not have', async () => {
    const { registry, registrar } = start();
    registry.failAdditions(new Error('away'));

    await expect(registrar.register([VALUE])).rejects.toThrow('away');
    registry.failAdditions(undefined);
    await registrar.register([]);

    expect(registry.additions).toEqual([[VALUE]]);
    expect(registrar.backlog).toBe(0);
  });

  it('makes one call for each 25 new pairs, also when they come in one batch', async () => {
    const { registry, registrar } = start();

    await registrar.register(fleet('A', 10_000));
    await registrar.register(fleet('A', 10_000));

    expect(registry.additions).toHaveLength(400);
  });

  it('adds again, after a pause, what the store had no capacity for', async () => {
    const { registry, registrar } = start();
    let full = 3;
    registry.leaves = (pairs) => {
      full -= 1;
      return full >= 0 ? pairs.slice(1) : [];
    };

    await registrar.register(fleet('A', 100));

    const added = registry.additions.flat().map(({ equipmentId }) => equipmentId);
    expect(new Set(added).size).toBe(100);
    expect(registrar.backlog).toBe(0);
  });

  it('takes on more while it works, and is done when all is', async () => {
    const { registry, registrar } = start();

    await Promise.all([registrar.register(fleet('A', 60)), registrar.register(fleet('B', 60))]);

    expect(registry.additions.flat()).toHaveLength(120);
  });

  it('keeps its memory bounded, and adds again what it forgot', async () => {
    const { registry, registrar } = start({ remembered: 100, mostWaiting: 1000 });
    await registrar.register(fleet('A', 150));
    await registrar.register(fleet('B', 150));
    const before = registry.additions.length;

    await registrar.register(fleet('A', 1));
    await registrar.register(fleet('B', 150).slice(-1));

    expect(registry.additions.slice(before)).toEqual([fleet('A', 1)]);
  });
});
