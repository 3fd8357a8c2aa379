import { slotOf, SLOTS_PER_HOUR } from './hour.js';
import {
  foldReadings,
  joinInTime,
  type HourMetrics,
  type Measurement,
} from './hourly-aggregate.js';

/** The folds of an equipment-hour's slots of five minutes, by slot; those without readings are left out. */
export type HourSlots = ReadonlyMap<number, HourMetrics>;

/** From slot `from` to before slot `to`. */
export interface SlotRun {
  readonly from: number;
  readonly to: number;
}

export const WHOLE_HOUR: SlotRun = { from: 0, to: SLOTS_PER_HOUR };

/** Neighbouring slots together: one query each. */
export function runsOf(slots: ReadonlySet<number>): readonly SlotRun[] {
  const runs: SlotRun[] = [];
  for (const slot of [...slots].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.to === slot) runs[runs.length - 1] = { from: last.from, to: slot + 1 };
    else runs.push({ from: slot, to: slot + 1 });
  }
  return runs;
}

export function outsideOf(run: SlotRun, slots: HourSlots): HourSlots {
  return new Map([...slots].filter(([slot]) => slot < run.from || slot >= run.to));
}

/** Adds one equipment's readings, in order of time, to those before them. */
export function foldIntoSlots(readings: readonly Measurement[], before: HourSlots): HourSlots {
  const slots = new Map(before);
  for (const [slot, group] of Map.groupBy(readings, ({ timestamp }) => slotOf(timestamp))) {
    slots.set(slot, foldReadings(group, slots.get(slot)));
  }
  return slots;
}

export function joinSlots(slots: HourSlots): HourMetrics {
  return joinInTime([...slots].sort(([a], [b]) => a - b).map(([, metrics]) => metrics));
}
