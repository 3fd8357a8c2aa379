import { createHash } from 'node:crypto';
import type { SumOf } from '../fleet/fleet-store.js';
import type { EquipmentHour } from '../hours/aggregate-store.js';
import { dayOf, parseHour, type Hour } from '../hours/hour.js';

/** The keys of the aggregates table: decision records 0005 and 0008 say why these. */
export type CellKey = Readonly<Record<'partition' | 'cell', { readonly S: string }>>;

/** The partition of the marks of closing. */
export const CLOSING = 'closing';
const FLEET = 'fleet#';
const SHARD = 'shard#';
const HOUR_LENGTH = 'yyyy-mm-ddThh'.length;
const EQUIPMENT_PARTITION = /^\d{4}-\d{2}-\d{2}#(\d{1,4})$/;
const SHARD_PARTITION = /^shard#([^#]+)#\d{4}-\d{2}-\d{2}$/;

export function equipmentHourItemKey({ equipmentId, hour }: EquipmentHour, shard: number): CellKey {
  return itemKey(equipmentPartition(dayOf(hour), shard), `${hour}#${equipmentId}`);
}

/** The shard of an equipment's cells on a day with `shards` of them. */
export function shardOf(equipmentId: string, shards: number): number {
  return createHash('sha256').update(equipmentId).digest().readUInt32BE(0) % shards;
}

export function equipmentPartition(day: string, shard: number): string {
  return `${day}#${shard}`;
}

export function sumItemKey({ metric, hour, shard }: SumOf): CellKey {
  return shard === undefined
    ? itemKey(fleetPartition(metric), hour)
    : itemKey(shardSumsPartition(metric, hour), `${hour}#${shard}`);
}

export function shardSumsPartition(metric: string, hour: Hour): string {
  return `${SHARD}${metric}#${dayOf(hour)}`;
}

export function fleetPartition(metric: string): string {
  return `${FLEET}${metric}`;
}

/** Whether something stands above the items of a partition: equipment-hours or shard-hours. */
export function isOfCells(partition: string): boolean {
  return /^\d/.test(partition) || partition.startsWith(SHARD);
}

/** Undefined for a key of another kind. */
export function equipmentHourAt(
  partition: string,
  cell: string,
): (EquipmentHour & { readonly shard: number }) | undefined {
  const shard = EQUIPMENT_PARTITION.exec(partition)?.[1];
  const of = equipmentHourIn(cell);
  if (shard === undefined || !of || !partition.startsWith(dayOf(of.hour))) return undefined;
  return { ...of, shard: Number(shard) };
}

/** What the sort key of an equipment-hour says; undefined for another. */
export function equipmentHourIn(cell: string): EquipmentHour | undefined {
  const hour = hourAt(cell);
  const equipmentId = cell.slice(HOUR_LENGTH + 1);
  return hour && equipmentId !== '' ? { equipmentId, hour } : undefined;
}

export function shardSumAt(partition: string, cell: string): SumOf | undefined {
  const metric = SHARD_PARTITION.exec(partition)?.[1];
  const hour = hourAt(cell);
  const shard = Number(cell.slice(HOUR_LENGTH + 1));
  if (metric === undefined || !hour || !partition.endsWith(dayOf(hour))) return undefined;
  return Number.isInteger(shard) ? { metric, hour, shard } : undefined;
}

function hourAt(cell: string): Hour | undefined {
  return cell[HOUR_LENGTH] === '#' ? parseHour(cell.slice(0, HOUR_LENGTH)) : undefined;
}

function itemKey(partition: string, cell: string): CellKey {
  return { partition: { S: partition }, cell: { S: cell } };
}
