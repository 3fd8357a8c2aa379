import { member, textMember } from '@sensorflow/platform/aws/json-member.js';
import { DEFAULT_METRIC } from '@sensorflow/sensor-data';
import type { EquipmentMetric } from '../equipment-registry.js';

/**
 * The metrics that the records of a Lambda event brought: those of readings that were stored, none of
 * removals, and none of what is no reading. Never throws.
 */
export function sentMetricsOf(event: unknown): readonly EquipmentMetric[] {
  const records = member(event, 'Records');
  return Array.isArray(records) ? records.flatMap(metricsSentIn) : [];
}

function metricsSentIn(record: unknown): readonly EquipmentMetric[] {
  const reading = member(member(record, 'dynamodb'), 'NewImage');
  const equipmentId = textMember(reading, 'equipmentId');
  if (equipmentId === undefined || textMember(reading, 'timestamp') === undefined) return [];
  const values = member(member(reading, 'values'), 'M');
  const names = typeof values === 'object' && values !== null ? Object.keys(values) : [];
  if (member(reading, 'value') !== undefined) names.push(DEFAULT_METRIC);
  return names.map((metric) => ({ equipmentId, metric }));
}
