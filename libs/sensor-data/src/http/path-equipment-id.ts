import { refused, type Parsed } from '@sensorflow/kernel';
import { parseEquipmentId } from '../equipment-id.js';

/** The equipment id of a path. Faults: `equipment-id-invalid`, `equipment-id-reserved`. */
export function parsePathEquipmentId(text: string): Parsed<string> {
  return text === ''
    ? refused('equipment-id-invalid', 'The path names no equipment.')
    : parseEquipmentId(text);
}

/** Such a fault of a path, alone, names the problem. */
export const EQUIPMENT_ID_CODES = ['equipment-id-invalid', 'equipment-id-reserved'] as const;
