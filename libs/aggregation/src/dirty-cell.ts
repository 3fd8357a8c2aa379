import { sumId, type ShardHour, type SumOf } from './fleet/fleet-store.js';
import { equipmentHourId, type EquipmentHour } from './hours/aggregate-store.js';

/** A cell that no longer agrees with the level below it, and the parts of it that changed. */
export type DirtyCell =
  | {
      readonly level: 'equipment-hour';
      readonly cell: EquipmentHour;
      readonly slots: readonly number[];
    }
  | {
      readonly level: 'shard-hour';
      readonly cell: ShardHour;
      readonly metrics: readonly string[];
      /** The instant up to which the changed equipment-hour is complete, while it is open; 0 when unknown. */
      readonly asOf: number;
    }
  | { readonly level: 'fleet-hour'; readonly cell: Omit<SumOf, 'shard'> };

/** Equal for two dirty cells exactly when they are the same cell. */
export function dirtyCellId(dirty: DirtyCell): string {
  if (dirty.level === 'equipment-hour') return `equipment#${equipmentHourId(dirty.cell)}`;
  if (dirty.level === 'fleet-hour') return `fleet#${sumId(dirty.cell)}`;
  return `shard#${dirty.cell.hour}#${dirty.cell.shard}`;
}

/** Combines what several records say about one cell. */
export function mergeDirty(first: DirtyCell, others: readonly DirtyCell[]): DirtyCell {
  const all = [first, ...others];
  if (first.level === 'equipment-hour') {
    const slots = all.flatMap((dirty) => (dirty.level === 'equipment-hour' ? dirty.slots : []));
    return { ...first, slots: [...new Set(slots)] };
  }
  if (first.level === 'shard-hour') {
    const metrics = all.flatMap((dirty) => (dirty.level === 'shard-hour' ? dirty.metrics : []));
    const asOf = all.map((dirty) => (dirty.level === 'shard-hour' ? dirty.asOf : 0));
    return { ...first, metrics: [...new Set(metrics)], asOf: Math.max(...asOf) };
  }
  return first;
}
