import { EquipmentRestriction } from '@sensorflow/auth';
import { SystemClock, WorkBudget } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { InMemoryEquipmentRegistry } from '../../../test/support/in-memory-equipment-registry.js';
import { allowedEquipment } from './allowed-equipment.js';

const IDS = ['A', 'B', 'B:', 'B:1', 'B:2', 'B:20', 'B;', 'C', 'C-1', 'C-10', 'D', 'a', 'z'];

async function listed(entries: readonly string[], after?: string): Promise<readonly string[]> {
  const registry = new InMemoryEquipmentRegistry();
  await registry.add(IDS.map((equipmentId) => ({ equipmentId, metric: 'value' })));
  const budget = new WorkBudget(new AbortController().signal, new SystemClock());
  const restriction = new EquipmentRestriction(entries);
  const found: string[] = [];
  for await (const page of allowedEquipment(registry, restriction, after, budget)) {
    found.push(...page.map(({ equipmentId }) => equipmentId));
  }
  return found;
}

describe('the equipment that a restriction allows', () => {
  it.each<[readonly string[], readonly string[]]>([
    [['B:*'], ['B:', 'B:1', 'B:2', 'B:20']],
    [
      ['C-1', 'A'],
      ['A', 'C-1'],
    ],
    [
      ['z', 'B:2*', 'missing'],
      ['B:2', 'B:20', 'z'],
    ],
    [
      ['B:*', 'B:1', 'B:2*'],
      ['B:', 'B:1', 'B:2', 'B:20'],
    ],
    [['no*'], []],
  ])('is, of %j, %j', async (entries, expected) => {
    expect(await listed(entries)).toEqual(expected);
  });

  it('continues after any id, as the whole list with a filter would', async () => {
    for (const entries of [
      ['B:*', 'C-1'],
      ['B*', 'a'],
      ['A', 'z*', 'B:2*'],
    ]) {
      const restriction = new EquipmentRestriction(entries);
      for (const after of [...IDS, 'B:15', '0', 'zz']) {
        const expected = IDS.filter((id) => id > after && restriction.allows(id)).toSorted();
        expect(await listed(entries, after), `${entries.join()} after ${after}`).toEqual(expected);
      }
    }
  });
});
