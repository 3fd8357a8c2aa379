import { describe, expect, it } from 'vitest';
import { InMemoryEquipmentRegistry } from '../../../test/support/in-memory-equipment-registry.js';
import { EquipmentRegistrar } from './equipment-registrar.js';

const PRESSURE = { equipmentId: 'EQ-1', metric: 'pressure' };
const VALUE = { equipmentId: 'EQ-1', metric: 'value' };

function start() {
  const registry = new InMemoryEquipmentRegistry();
  return { registry, registrar: new EquipmentRegistrar(registry) };
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
    await registrar.register([VALUE]);

    expect(registry.additions).toEqual([[VALUE]]);
  });

  it('keeps its memory bounded, and adds again what it forgot', async () => {
    const { registry, registrar } = start();
    const fleet = (name: string) =>
      Array.from({ length: 60_000 }, (_, i) => ({ equipmentId: `${name}-${i}`, metric: 'value' }));
    await registrar.register(fleet('A'));
    await registrar.register(fleet('B'));

    await registrar.register(fleet('A').slice(0, 1));

    expect(registry.additions.map((pairs) => pairs.length)).toEqual([60_000, 60_000, 1]);
  });
});
