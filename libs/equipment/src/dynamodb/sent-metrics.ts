import { member, textMember } from '@sensorflow/platform/aws/json-member.js';
import type { StreamRecord } from '@sensorflow/platform/aws/stream-records.js';
import type { EquipmentMetric } from '../equipment-registry.js';

/**
 * The metrics of the blocks of readings that records stored: none of removals or of the aggregates' stream.
 * Never throws.
 */
export function sentMetricsOf(records: readonly StreamRecord[]): readonly EquipmentMetric[] {
  return records.flatMap(metricsSentIn);
}

function metricsSentIn({ newImage: block }: StreamRecord): readonly EquipmentMetric[] {
  const equipmentId = textMember(block, 'equipmentId');
  const columns = member(member(block, 'v'), 'M');
  if (equipmentId === undefined || textMember(block, 'block') === undefined) return [];
  if (typeof columns !== 'object' || columns === null) return [];
  return Object.keys(columns).map((metric) => ({ equipmentId, metric }));
}
