import { refused, type Parsed } from '@sensorflow/kernel';
import { parseEquipmentId } from '@sensorflow/sensor-data';

/** The equipment that a query is about; a query about all equipment leaves the parameter out. */
export function parseEquipmentFilter(text: string): Parsed<string> {
  const detail = 'Name an equipment, or leave the parameter out for all.';
  return text === '' ? refused('equipment-id-invalid', detail) : parseEquipmentId(text);
}
