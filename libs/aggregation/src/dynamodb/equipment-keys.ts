import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { createHash } from 'node:crypto';
import type { EquipmentMetric } from '../equipment-registry.js';
import { text, type Item } from './aggregate-item.js';

/**
 * The registry's rows in the aggregates table, one for each equipment and metric, which is all in their
 * keys: decision record 0010. In as many partitions as keep a new fleet from heating one of them.
 */
export const REGISTRY_PARTITIONS = Array.from({ length: 16 }, (_, n) => `equipment#${n}`);

/** Before every character of an equipment id, so that rows stand in the order of ids … */
const SEPARATOR = '#';
/** … and behind every character of a metric name. */
const BEHIND_METRICS = '~';

export function rowOf({ equipmentId, metric }: EquipmentMetric): Record<string, AttributeValue> {
  const hash = createHash('sha256').update(equipmentId).digest().readUInt8(0);
  const partition = REGISTRY_PARTITIONS[hash % REGISTRY_PARTITIONS.length] ?? '';
  return { partition: { S: partition }, cell: { S: `${equipmentId}${SEPARATOR}${metric}` } };
}

/** Lies behind all rows of the equipment and before those of any other. */
export function behindRowsOf(equipmentId: string): string {
  return `${equipmentId}${SEPARATOR}${BEHIND_METRICS}`;
}

export function pairIn(row: Item): EquipmentMetric {
  const [equipmentId = '', metric = ''] = text(row['cell'], 'cell').split(SEPARATOR);
  return { equipmentId, metric };
}
