import { member, textMember } from '@sensorflow/platform/aws/json-member.js';
import type { StreamRecord } from '@sensorflow/platform/aws/stream-records.js';
import { isDeepStrictEqual } from 'node:util';
import type { DirtyCell } from '../dirty-cell.js';
import { equipmentHourAt, isOfCells, shardSumAt } from './aggregate-keys.js';

/**
 * The cell that a record of the aggregates' own stream made dirty: keys say which, images in which
 * metrics. `nothing` above what is no cell and above the fleet; undefined when it cannot be understood.
 */
export function dirtyByCell({
  keys,
  oldImage,
  newImage,
}: StreamRecord): DirtyCell | 'nothing' | undefined {
  const partition = textMember(keys, 'partition');
  const cell = textMember(keys, 'cell');
  if (partition === undefined || cell === undefined) return undefined;
  if (!isOfCells(partition)) return 'nothing';
  const sum = shardSumAt(partition, cell);
  if (sum) return { level: 'fleet-hour', cell: { metric: sum.metric, hour: sum.hour } };
  const at = equipmentHourAt(partition, cell);
  const metrics = changedMetrics(oldImage, newImage);
  if (!at || !metrics) return undefined;
  const shardHour = { shard: at.shard, hour: at.hour };
  return metrics.length > 0 ? { level: 'shard-hour', cell: shardHour, metrics } : 'nothing';
}

/** Undefined without images: then nobody knows. */
function changedMetrics(before: unknown, after: unknown): readonly string[] | undefined {
  if (before === undefined && after === undefined) return undefined;
  const [old, now] = [metricsIn(before), metricsIn(after)];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names].filter((name) => !isDeepStrictEqual(member(old, name), member(now, name)));
}

function metricsIn(image: unknown): object {
  const metrics = member(member(image, 'metrics'), 'M');
  return typeof metrics === 'object' && metrics !== null ? metrics : {};
}
