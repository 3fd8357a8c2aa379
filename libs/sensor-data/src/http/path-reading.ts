import { parseInstant, type FaultList } from '@sensorflow/kernel';
import type { ReadingIdentity } from '../reading.js';
import { parsePathEquipmentId } from './path-equipment-id.js';

/** The reading that a path names; undefined after noting every fault of the two: `equipment-id-…`, `timestamp-…`. */
export function pathReadingOf(
  equipmentIdText: string,
  timestampText: string,
  faults: FaultList,
): ReadingIdentity | undefined {
  const equipmentId = faults.valueOf('/equipmentId', parsePathEquipmentId(equipmentIdText));
  const timestamp = faults.valueOf('/timestamp', parseInstant(timestampText));
  if (equipmentId === undefined || timestamp === undefined) return undefined;
  return { equipmentId, timestamp };
}
