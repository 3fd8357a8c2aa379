import { describe, expect, it } from 'vitest';
import { nearestName, unknownName } from './unknown-name.js';

const KNOWN = ['equipmentId', 'timestamp', 'value', 'values', 'tags'];

describe('the name that is probably meant', () => {
  it.each([
    ['equipmentID', 'equipmentId'],
    ['equipment_id', 'equipmentId'],
    ['equipment-id', 'equipmentId'],
    ['timstamp', 'timestamp'],
    ['tiemstamp', 'timestamp'],
    ['vlaue', 'value'],
    ['Values', 'values'],
    ['tag', 'tags'],
    ['equipment', 'equipmentId'],
  ])('of %s is %s', (name, meant) => {
    expect(nearestName(name, KNOWN)).toBe(meant);
  });

  it.each(['time', 'temperature', 'x', '', '__proto__', 'id', 'equip', 'v'.repeat(5000)])(
    'of %s is none',
    (name) => {
      expect(nearestName(name, KNOWN)).toBeUndefined();
    },
  );
});

describe('an unknown name', () => {
  it('is refused with the known ones, and the one that is probably meant', () => {
    expect(unknownName('property', 'timestmp', KNOWN)).toEqual({
      code: 'unknown-property',
      detail:
        'Unknown property timestmp. Did you mean timestamp? Known: equipmentId, timestamp, value, values, tags.',
    });
  });

  it('says so where no name is known', () => {
    expect(unknownName('parameter', 'limit', []).detail).toBe(
      'Unknown parameter limit. None is known here.',
    );
  });

  it('is shown by its first hundred characters', () => {
    const { detail } = unknownName('parameter', 'x'.repeat(5000), ['limit']);

    expect(detail).toBe(`Unknown parameter ${'x'.repeat(100)}…. Known: limit.`);
  });
});
