import type { EquipmentMetric } from '../equipment-registry.js';
import { member, textMember } from './json-member.js';

/**
 * The metrics that the records of a Lambda event brought: those of blocks of readings, none of removals,
 * and none of what is no block. Never throws.
 */
export function sentMetricsOf(event: unknown): readonly EquipmentMetric[] {
  const records = member(event, 'Records');
  return Array.isArray(records) ? records.flatMap(metricsSentIn) : [];
}

function metricsSentIn(record: unknown): readonly EquipmentMetric[] {
  const block = member(member(record, 'dynamodb'), 'NewImage');
  const equipmentId = textMember(block, 'equipmentId');
  const columns = member(member(block, 'v'), 'M');
  if (equipmentId === undefined || textMember(block, 'block') === undefined) return [];
  if (typeof columns !== 'object' || columns === null) return [];
  return Object.keys(columns).map((metric) => ({ equipmentId, metric }));
}
