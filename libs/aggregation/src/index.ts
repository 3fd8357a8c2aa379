export {
  AGGREGATE_TOO_LARGE,
  AggregateStore,
  equipmentHourId,
  type EquipmentHour,
  type EquipmentHourCell,
  type ReplaceOutcome,
} from './hours/aggregate-store.js';
export { parseEquipmentFilter } from './equipment-filter.js';
export { FleetStore, sumId, type SumOf } from './fleet/fleet-store.js';
export { HOUR_SEALED, HourRecomputer } from './hours/hour-recomputer.js';
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
export { merge, type HourMetrics, type MetricAggregate } from './hours/hourly-aggregate.js';
export {
  StreamBatchAggregator,
  type BatchFailure,
  type BatchOutcome,
  type StreamChange,
} from './stream-batch-aggregator.js';
export { SumRecomputer } from './fleet/sum-recomputer.js';
