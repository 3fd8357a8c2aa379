import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { text, type Item } from '@sensorflow/platform/aws/stored-item.js';
import { createHash } from 'node:crypto';
import type { EquipmentMetric } from '../equipment-registry.js';

/**
 * The registry's rows in the aggregates table, one per equipment and metric, with all content in their keys:
 * record 0010. Spread over enough partitions that a new fleet does not overload one of them.
 */
export const REGISTRY_PARTITIONS = Array.from({ length: 16 }, (_, n) => `equipment#${n}`);

/** Sorts before every character of an equipment id, so that rows are in the order of ids … */
const SEPARATOR = '#';
/** … after every character of a metric name … */
const BEHIND_METRICS = '~';
/** … and before every character of one. */
const BEHIND_METRIC = '!';

/** Sorts before all rows of a partition. */
export const BEFORE_ALL_ROWS = SEPARATOR;

export function rowOf({ equipmentId, metric }: EquipmentMetric): Record<string, AttributeValue> {
  const cell = `${equipmentId}${SEPARATOR}${metric}`;
  return { partition: { S: partitionOf(equipmentId) }, cell: { S: cell } };
}

export function partitionOf(equipmentId: string): string {
  const hash = createHash('sha256').update(equipmentId).digest().readUInt8(0);
  return REGISTRY_PARTITIONS[hash % REGISTRY_PARTITIONS.length] ?? '';
}

/** Sorts after all rows of the equipment and before those of any other. */
export function behindRowsOf(equipmentId: string): string {
  return `${equipmentId}${SEPARATOR}${BEHIND_METRICS}`;
}

/** Sorts before all rows of the equipment, or before those after a metric. */
export function beforeRowsOf(equipmentId: string, after: string | undefined): string {
  const start = `${equipmentId}${SEPARATOR}`;
  return after === undefined ? start : `${start}${after}${BEHIND_METRIC}`;
}

export function pairIn(row: Item): EquipmentMetric {
  const [equipmentId = '', metric = ''] = text(row['cell'], 'cell').split(SEPARATOR);
  return { equipmentId, metric };
}
