export {
  AGGREGATE_TOO_LARGE,
  AggregateStore,
  type ClosableCell,
  equipmentHourId,
  type EquipmentHour,
  type EquipmentHourCell,
  type ReplaceOutcome,
} from './hours/aggregate-store.js';
export { ClosingProgress, type ClosingMark } from './closing/closing-progress.js';
export { parseEquipmentFilter } from './equipment-filter.js';
export { FleetStore, sumId, type SumOf } from './fleet/fleet-store.js';
export { HOUR_SEALED, HourRecomputer, type HourPorts } from './hours/hour-recomputer.js';
export { HourlyAggregates } from './hourly-aggregates.js';
export { foldIntoSlots, joinSlots, type HourSlots } from './hours/hour-slots.js';
export {
  dayOf,
  earlierHour,
  firstHourFrom,
  firstHourOfDay,
  hourOf,
  hourOfEpochMs,
  hourPlus,
  FIRST_HOUR,
  hoursBetween,
  parseHour,
  startOfHour,
  startOfSlot,
  type Hour,
  type HourRange,
} from './hours/hour.js';
export { RecomputationPool } from './recomputation-pool.js';
export { OpenHours } from './hours/open-hours.js';
export { merge, type HourMetrics, type MetricAggregate } from './hours/hourly-aggregate.js';
export {
  StreamBatchAggregator,
  type BatchFailure,
  type BatchOutcome,
  type RefreshOutcome,
  type StreamChange,
} from './stream-batch-aggregator.js';
export { SumRecomputer } from './fleet/sum-recomputer.js';
