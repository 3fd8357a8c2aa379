export { parseEquipmentId } from './equipment-id.js';
export {
  GROUP_COMMIT_OPTIONS,
  WAITING_GROUP_COMMIT_OPTIONS,
  type GroupCommitOptions,
} from './group-commit-options.js';
export { GroupCommit, type GroupCommitCounters } from './group-commit.js';
export { MAX_METRIC_NAMES_PER_EQUIPMENT } from './equipment-names.js';
export {
  MetricNameLimit,
  RegisteredMetricNames,
  TOO_MANY_METRIC_NAMES,
  type NameVerdict,
} from './metric-name-limit.js';
export { MAX_METRICS_PER_READING, parseMetricName } from './metric-name.js';
export { parseReading, type ParsedReading } from './parse-reading.js';
export {
  DEFAULT_METRIC,
  readingKey,
  type Reading,
  type ReadingIdentity,
  type StoredReading,
} from './reading.js';
export { parseNumber, parseNumberText } from './reading-number.js';
export {
  MAX_PUTS_PER_CALL,
  ReadingStore,
  type PutOutcome,
  type ReadingPage,
  type ReadingRange,
} from './reading-store.js';
export { parseReadingTimestamp } from './reading-timestamp.js';
export { ReadingWriter, type WriteOutcome } from './reading-writer.js';
export { Retention } from './retention.js';
export { MAX_READINGS_PER_BATCH, SensorData } from './sensor-data.js';
export type { BatchVerdict, RejectedReading } from './batch-verdict.js';
