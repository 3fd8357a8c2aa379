import type { EquipmentHour } from './aggregate-store.js';
import type { ShardHour, SumOf } from './fleet-store.js';
import { equipmentHourKey } from './hour-recomputer.js';
import { sumKey } from './sum-recomputer.js';

/** A cell that no longer agrees with the level below it, and in which of its parts. */
export type DirtyCell =
  | {
      readonly level: 'equipment-hour';
      readonly cell: EquipmentHour;
      readonly slots: readonly number[];
    }
  | { readonly level: 'shard-hour'; readonly cell: ShardHour; readonly metrics: readonly string[] }
  | { readonly level: 'fleet-hour'; readonly cell: Omit<SumOf, 'shard'> };

/** Text that is equal for two dirty cells exactly when they are one cell. */
export function dirtyCellKey(dirty: DirtyCell): string {
  if (dirty.level === 'equipment-hour') return `equipment#${equipmentHourKey(dirty.cell)}`;
  if (dirty.level === 'fleet-hour') return `fleet#${sumKey(dirty.cell)}`;
  return `shard#${dirty.cell.hour}#${dirty.cell.shard}`;
}

/** Everything that two records say about one cell. */
export function mergeDirty(a: DirtyCell, b: DirtyCell): DirtyCell {
  if (a.level === 'equipment-hour' && b.level === 'equipment-hour') {
    return { ...a, slots: [...new Set([...a.slots, ...b.slots])] };
  }
  if (a.level === 'shard-hour' && b.level === 'shard-hour') {
    return { ...a, metrics: [...new Set([...a.metrics, ...b.metrics])] };
  }
  return a;
}
