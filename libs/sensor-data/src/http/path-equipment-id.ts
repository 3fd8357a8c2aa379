import { refused, type Parsed } from '@sensorflow/kernel';
import { parseEquipmentId } from '../equipment-id.js';
import { requestProblem } from './request-problem.js';

/** The equipment id of a path. Faults: `equipment-id-invalid`, `equipment-id-reserved`. */
export function parsePathEquipmentId(text: string): Parsed<string> {
  return text === ''
    ? refused('equipment-id-invalid', 'The path names no equipment.')
    : parseEquipmentId(text);
}

/** The id, where nothing else can be wrong. Throws its fault. */
export function pathEquipmentIdOf(text: string): string {
  const parsed = parsePathEquipmentId(text);
  if (parsed.ok) return parsed.value;
  throw requestProblem([{ pointer: '/equipmentId', ...parsed.fault }]);
}
