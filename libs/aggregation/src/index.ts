export {
  AGGREGATE_TOO_LARGE,
  AggregateStore,
  compareEquipmentHours,
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
  type FleetHour,
  type ShardHour,
  type SumCell,
  type SumOf,
} from './fleet/fleet-store.js';
export {
  equipmentHourKey,
  HOUR_SEALED,
  HourRecomputer,
  type RecomputeOutcome,
} from './hours/hour-recomputer.js';
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
  together,
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
export { sumKey, SumRecomputer } from './fleet/sum-recomputer.js';
