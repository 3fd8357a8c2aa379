export { assertNotAhead } from './as-of.js';
export { parseEquipmentId } from './equipment-id.js';
export {
  WAITING_GROUP_COMMIT_OPTIONS,
  type GroupCommitOptions,
} from './group-commit/group-commit-options.js';
export { GroupCommit, type GroupCommitCounters } from './group-commit/group-commit.js';
export type { WriteOutcome } from './group-commit/write-unit.js';
export {
  acceptedChange,
  rangeOfImport,
  shownBytes,
  type AcceptedChange,
  type ChangedRange,
} from './log/accepted-change.js';
export { timeCoveredBy, type CoveredTime } from './log/block-key.js';
export { MAX_BLOCKS_PER_CALL } from './log/block-store.js';
export type { StoredBlock } from './log/block.js';
export {
  HOUR_NS,
  hourOf,
  instantAt,
  numberOfHour,
  hourOfNumber,
  offsetOf,
} from './log/hour-time.js';
export {
  ImportSealer,
  type ImportRunIdentity,
  type RowNames,
  type SealedRows,
} from './log/import-sealer.js';
export { LogReadingStore } from './log/log-reading-store.js';
export { undoneMark } from './log/seal-removal.js';
export {
  decimalValue,
  isPlainDecimal,
  MAX_DECIMAL_DIGITS,
  powerOfTen,
} from './log/plain-decimal.js';
export { RowTable } from './log/row-table.js';
export { MAX_METRIC_NAMES_PER_EQUIPMENT } from './equipment-names.js';
export {
  MetricNameLimit,
  RegisteredMetricNames,
  TOO_MANY_METRIC_NAMES,
  type NameVerdict,
} from './metric-name-limit.js';
export { MAX_METRICS_PER_READING, parseMetricName } from './metric-name.js';
export {
  DEFAULT_METRIC,
  type Reading,
  type ReadingIdentity,
  type StoredReading,
} from './reading.js';
export { parseNumber, parseNumberText } from './reading-number.js';
export { ReadingStore, type ReadingPage, type ReadingRange } from './reading-store.js';
export { parseReadingTimestamp, withinAcceptedTime } from './reading-timestamp.js';
export { ReadingWriter } from './reading-writer.js';
export { Retention } from './retention.js';
export { equipmentUnknown } from './reading-problems.js';
export { SensorDataService } from './sensor-data.service.js';
export type { BatchVerdict, RejectedReading } from './batch-verdict.js';
export { undefinedIfTooCostly } from './too-costly.js';
