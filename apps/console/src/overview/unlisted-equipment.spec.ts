import { expect, it } from 'vitest';
import { UnlistedEquipment } from './unlisted-equipment.ts';

it('equipment is missing from a list until the list has it, or for a minute', () => {
  const unlisted = new UnlistedEquipment();
  expect(unlisted.isMissing([], 0)).toBe(false);

  unlisted.note('A', 0);
  unlisted.note('B', 30_000);

  expect(unlisted.isMissing([{ equipmentId: 'C' }], 40_000)).toBe(true);
  expect(unlisted.isMissing([{ equipmentId: 'B' }], 50_000)).toBe(true);
  expect(unlisted.isMissing([], 60_001)).toBe(false);
});
