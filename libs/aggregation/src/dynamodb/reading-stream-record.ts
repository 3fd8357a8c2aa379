import { textMember } from '@sensorflow/platform/aws/json-member.js';
import { timeCoveredBy } from '@sensorflow/sensor-data';
import type { DirtyCell } from '../dirty-cell.js';
import { hourOf, slotOf } from '../hours/hour.js';

/**
 * The equipment-hour that a record of the readings' stream made dirty. Only keys are looked at: readings,
 * a removal and the mark of an undone import all mean the same. Undefined when they name no block.
 */
export function dirtyByBlock(keys: unknown): DirtyCell | undefined {
  const equipmentId = textMember(keys, 'equipmentId');
  const covered = timeCoveredBy(textMember(keys, 'block') ?? '');
  if (equipmentId === undefined || covered === undefined) return undefined;
  const [first, last] = [slotOf(covered.first), slotOf(covered.last)];
  const slots = Array.from({ length: last - first + 1 }, (_slot, index) => first + index);
  const cell = { equipmentId, hour: hourOf(covered.first) };
  return { level: 'equipment-hour', cell, slots };
}
