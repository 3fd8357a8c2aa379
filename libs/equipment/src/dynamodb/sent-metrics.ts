import { member, textMember } from '@sensorflow/platform/aws/json-member.js';
import type { StreamRecord } from '@sensorflow/platform/aws/stream-records.js';
import { DEFAULT_METRIC } from '@sensorflow/sensor-data';
import type { EquipmentMetric } from '../equipment-registry.js';

/** The metrics of the readings that records stored: none of removals or of the aggregates' stream. Never throws. */
export function sentMetricsOf(records: readonly StreamRecord[]): readonly EquipmentMetric[] {
  return records.flatMap(metricsSentIn);
}

function metricsSentIn({ newImage: reading }: StreamRecord): readonly EquipmentMetric[] {
  const equipmentId = textMember(reading, 'equipmentId');
  if (equipmentId === undefined || textMember(reading, 'timestamp') === undefined) return [];
  const values = member(member(reading, 'values'), 'M');
  const names = typeof values === 'object' && values !== null ? Object.keys(values) : [];
  if (member(reading, 'value') !== undefined) names.push(DEFAULT_METRIC);
  return names.map((metric) => ({ equipmentId, metric }));
}
