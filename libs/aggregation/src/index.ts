export {
  AGGREGATE_TOO_LARGE,
  AggregateStore,
  compareEquipmentHours,
  type EquipmentHour,
  type EquipmentHourCell,
  type MetricHour,
  type MetricHoursQuery,
} from './aggregate-store.js';
export { equipmentHourKey, HourRecomputer, type RecomputeOutcome } from './hour-recomputer.js';
export { hourOf, parseHour, type Hour, type HourRange } from './hour.js';
export { foldReadings, type HourMetrics, type MetricAggregate } from './hourly-aggregate.js';
export {
  HourlyAggregates,
  type AggregatesQuery,
  type AggregatesReport,
} from './hourly-aggregates.js';
export {
  StreamBatchAggregator,
  type BatchFailure,
  type BatchOutcome,
  type ReadingChange,
} from './stream-batch-aggregator.js';
