import { describe, expect, it } from 'vitest';
import { EquipmentRestriction, isRestrictionEntry } from './equipment-restriction.js';

describe('a restriction to equipment', () => {
  const restriction = new EquipmentRestriction(['EQ-1', 'LINE-1:*']);

  it.each([
    ['EQ-1', true],
    ['EQ-10', false],
    ['eq-1', false],
    ['EQ-', false],
    ['', false],
    ['LINE-1:', true],
    ['LINE-1:press', true],
    ['LINE-10:press', false],
    ['LINE-1', false],
    ['xLINE-1:press', false],
    ['LINE-1:*', true],
    ['*', false],
  ])('takes %j for allowed: %s', (equipmentId, allowed) => {
    expect(restriction.allows(equipmentId)).toBe(allowed);
    expect(restriction.faultOf(equipmentId) === undefined).toBe(allowed);
  });

  it('says what was asked for and what is allowed', () => {
    expect(() => restriction.assertAllows('EQ-2')).toThrow(
      '"EQ-2" is not among the equipment of this API key: EQ-1 and 1 more.',
    );
    expect(restriction.faultOf('x'.repeat(10_000))?.detail.length).toBeLessThan(250);
  });

  it.each([
    ['EQ-1', true],
    ['a*', true],
    ['LINE-1:*', true],
    [`${'x'.repeat(127)}*`, true],
    [`${'x'.repeat(128)}*`, false],
    ['*', false],
    ['', false],
    ['a*b', false],
    ['a**', false],
    ['-a', false],
    ['a b', false],
    ['a\n', false],
    [1, false],
    [null, false],
  ])('has %j for an entry: %s', (entry, isOne) => {
    expect(isRestrictionEntry(entry)).toBe(isOne);
  });
});
