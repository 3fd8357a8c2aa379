import { parseInstant, type Instant } from '@sensorflow/kernel';
import { textMember } from '@sensorflow/platform/aws/json-member.js';
import type { DirtyCell } from '../dirty-cell.js';
import { hourOf, slotOf } from '../hours/hour.js';

/**
 * The equipment-hour that a record of the readings' stream made dirty. Only keys are looked at: an
 * insertion, a correction and a removal all mean the same. Undefined when they name no reading.
 */
export function dirtyByReading(keys: unknown): DirtyCell | undefined {
  const equipmentId = textMember(keys, 'equipmentId');
  const timestamp = canonicalInstant(textMember(keys, 'timestamp'));
  if (equipmentId === undefined || timestamp === undefined) return undefined;
  const cell = { equipmentId, hour: hourOf(timestamp) };
  return { level: 'equipment-hour', cell, slots: [slotOf(timestamp)] };
}

/** Another writing of the instant would be another key in the table, outside its hour's range. */
function canonicalInstant(text: string | undefined): Instant | undefined {
  const parsed = parseInstant(text ?? '');
  return parsed.ok && parsed.value === text ? parsed.value : undefined;
}
