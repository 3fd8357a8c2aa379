export {
  AGGREGATE_TOO_LARGE,
  AggregateStore,
  compareEquipmentHours,
  equipmentHourId,
  type CellState,
  type EquipmentHour,
  type EquipmentHourCell,
  type MetricHour,
  type MetricHoursQuery,
  type ReplaceOutcome,
  type ScannedHour,
} from './hours/aggregate-store.js';
export type { DirtyCell } from './dirty-cell.js';
export { parseEquipmentFilter } from './equipment-filter.js';
export {
  FleetStore,
  sumId,
  type FleetHour,
  type ShardHour,
  type SumCell,
  type SumOf,
} from './fleet/fleet-store.js';
export { HOUR_SEALED, HourRecomputer, type RecomputeOutcome } from './hours/hour-recomputer.js';
export { foldIntoSlots, joinSlots, type HourSlots } from './hours/hour-slots.js';
export {
  dayOf,
  earlierHour,
  firstHourFrom,
  firstHourOfDay,
  hourOf,
  hourOfEpochMs,
  hourPlus,
  hoursBetween,
  parseHour,
  startOfHour,
  startOfSlot,
  type Hour,
  type HourRange,
} from './hours/hour.js';
export {
  foldReadings,
  joinEquipment,
  merge,
  type HourMetrics,
  type MetricAggregate,
} from './hours/hourly-aggregate.js';
export {
  HourlyAggregates,
  type AggregatesQuery,
  type AggregatesReport,
} from './hourly-aggregates.js';
export {
  StreamBatchAggregator,
  type BatchFailure,
  type BatchOutcome,
  type StreamChange,
} from './stream-batch-aggregator.js';
export { SumRecomputer } from './fleet/sum-recomputer.js';
