import { member, textMember } from '@sensorflow/platform/aws/json-member.js';
import type { StreamRecord } from '@sensorflow/platform/aws/stream-records.js';
import { isDeepStrictEqual } from 'node:util';
import type { ClosingAdvance, ClosingMark } from '../closing/closing-progress.js';
import type { DirtyCell } from '../dirty-cell.js';
import { parseHour } from '../hours/hour.js';
import { CLOSING, equipmentHourAt, isOfCells, shardSumAt } from './aggregate-keys.js';

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
  const asOf = asOfImage(newImage) ?? asOfImage(oldImage) ?? 0;
  return metrics.length > 0 ? { level: 'shard-hour', cell: shardHour, metrics, asOf } : 'nothing';
}

/**
 * What else a record tells once all before it are handled: all closings before the position are in the cells,
 * so that they are in the shard-hours now; and the same, a level higher.
 */
export function advanceBy({ keys, newImage }: StreamRecord): ClosingAdvance | undefined {
  if (textMember(keys, 'partition') !== CLOSING) return undefined;
  const mark = ABOVE.get(textMember(keys, 'cell'));
  const to = parseHour(textMember(newImage, 'hour') ?? '');
  return mark && to && { mark, to };
}

const ABOVE: ReadonlyMap<string | undefined, ClosingMark> = new Map([
  ['position', 'shard-sums'],
  ['shard-sums', 'fleet-sums'],
]);

/** Undefined without images: then it is unknown. */
function changedMetrics(before: unknown, after: unknown): readonly string[] | undefined {
  if (before === undefined && after === undefined) return undefined;
  const [old, now] = [metricsIn(before), metricsIn(after)];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names].filter((name) => !isDeepStrictEqual(member(old, name), member(now, name)));
}

function asOfImage(image: unknown): number | undefined {
  const asOf = Number(member(member(image, 'asOf'), 'N'));
  return Number.isFinite(asOf) ? asOf : undefined;
}

function metricsIn(image: unknown): object {
  const metrics = member(member(image, 'metrics'), 'M');
  return typeof metrics === 'object' && metrics !== null ? metrics : {};
}
