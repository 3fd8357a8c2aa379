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
} from './aggregate-store.js';
export type { DirtyCell } from './dirty-cell.js';
export {
  FleetStore,
  type FleetHour,
  type ShardHour,
  type SumCell,
  type SumOf,
} from './fleet-store.js';
export {
  equipmentHourKey,
  HOUR_SEALED,
  HourRecomputer,
  type RecomputeOutcome,
} from './hour-recomputer.js';
export { hourOf, parseHour, type Hour, type HourRange } from './hour.js';
export {
  foldReadings,
  joinEquipment,
  type HourMetrics,
  type MetricAggregate,
} from './hourly-aggregate.js';
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
export { sumKey, SumRecomputer } from './sum-recomputer.js';
export { AggregateRepairer } from './aggregate-repairer.js';
export type { Difference, Level } from './difference.js';
export { Inspection } from './inspection.js';
export { FirstLooks } from './first-looks.js';
export { OccupiedDays } from './occupied-days.js';
export { SweepLedger, type SweepPosition } from './sweep-ledger.js';
export type { SweepListener } from './sweep-schedule.js';
export type { SweptHour } from './sweeper.js';
export { Verification, type VerificationQuery, type VerificationReport } from './verification.js';
