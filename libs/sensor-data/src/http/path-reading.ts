import { parseInstant } from '@sensorflow/kernel';
import { FaultList } from '../fault-list.js';
import type { ReadingIdentity } from '../reading.js';
import { parsePathEquipmentId } from './path-equipment-id.js';
import { requestProblem } from './request-problem.js';

/** The reading that a path names. Throws every fault of the two at once: `equipment-id-…`, `timestamp-…`. */
export function pathReadingOf(equipmentIdText: string, timestampText: string): ReadingIdentity {
  const faults = new FaultList();
  const equipmentId = faults.valueOf('/equipmentId', parsePathEquipmentId(equipmentIdText));
  const timestamp = faults.valueOf('/timestamp', parseInstant(timestampText));
  if (equipmentId !== undefined && timestamp !== undefined) return { equipmentId, timestamp };
  throw requestProblem(faults.faults);
}
