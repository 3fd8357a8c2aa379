/**
 * How the two Lambda functions are fed, once for the embedded stack and for the infrastructure.
 * Names and meanings are those of Lambda's event source mapping.
 */
export interface StreamSourceDefinition {
  readonly batchSize: number;
  /** The defaults of the batching windows. */
  readonly maximumBatchingWindowSeconds: number;
  readonly parallelizationFactor: number;
  readonly startingPosition: 'TRIM_HORIZON';
  readonly bisectBatchOnFunctionError: boolean;
  readonly maximumRetryAttempts: number;
  readonly maximumRecordAgeSeconds: number;
  readonly functionTimeoutSeconds: number;
  readonly reportBatchItemFailures: boolean;
}

export interface QueueSourceDefinition {
  readonly batchSize: number;
  readonly visibilityTimeoutSeconds: number;
  /** Batches that are worked on at a time on the embedded stack; in the cloud a parameter says so. */
  readonly maximumConcurrency: number;
  /** Deliveries of one message before it goes to the dead-letter queue. */
  readonly maxReceiveCount: number;
  readonly functionTimeoutSeconds: number;
  readonly reportBatchItemFailures: boolean;
}

/** Readings' stream → stream-aggregator. Endless retries (the default) would block a shard for a day. */
export const READINGS_STREAM_SOURCE: StreamSourceDefinition = {
  // The most that Lambda takes (and 6 MB): a backlog shares recomputations, so that it can be caught up with.
  batchSize: 10_000,
  maximumBatchingWindowSeconds: 1,
  parallelizationFactor: 1,
  startingPosition: 'TRIM_HORIZON',
  bisectBatchOnFunctionError: true,
  maximumRetryAttempts: 50,
  maximumRecordAgeSeconds: 43_200,
  functionTimeoutSeconds: 60,
  reportBatchItemFailures: true,
};

/**
 * Readings' stream → live-publisher. Repeated batches have the same records, which the topic knows again: no
 * bisecting.
 */
export const LIVE_STREAM_SOURCE: StreamSourceDefinition = {
  ...READINGS_STREAM_SOURCE,
  batchSize: 1_000,
  maximumBatchingWindowSeconds: 0,
  bisectBatchOnFunctionError: false,
  functionTimeoutSeconds: 30,
};

/**
 * Batching windows: of the readings' stream for aggregates, of the sums' (shard-hours and fleet-hours), and of
 * the readings' stream for live feeds.
 */
export type StreamWindow = 'readings' | 'sums' | 'live';
export type WindowSeconds = Readonly<Record<StreamWindow, number>>;

/** Short, because equipment-hours wait by themselves; the sums' costs where a fleet is large. */
export const DEFAULT_WINDOW_SECONDS: WindowSeconds = {
  readings: READINGS_STREAM_SOURCE.maximumBatchingWindowSeconds,
  sums: READINGS_STREAM_SOURCE.maximumBatchingWindowSeconds,
  live: LIVE_STREAM_SOURCE.maximumBatchingWindowSeconds,
};

/**
 * How long a verification waits before it counts a difference: longer than the three batching windows that the
 * fleet-hours lag, two of them the sums', as far as a request can wait.
 */
export function secondLookMs({ readings, sums }: Pick<WindowSeconds, 'readings' | 'sums'>): number {
  return Math.min(30, 2 + readings + 2 * sums) * 1000;
}

/** A table's stream → a function. The embedded stack and the infrastructure feed every one of this list. */
export interface StreamMappingDefinition {
  /** Names the mapping's checkpoint and its failures: lower case letters, digits and dashes. */
  readonly name: string;
  /** The `nameVariable` of the table whose stream it is. */
  readonly tableNameVariable: string;
  readonly functionName: FunctionName;
  readonly source: StreamSourceDefinition;
  readonly window: StreamWindow;
}

/** The Lambda functions, as their apps and bundles are called. */
export type FunctionName = 'csv-importer' | 'live-publisher' | 'stream-aggregator';

export const STREAM_MAPPINGS: readonly StreamMappingDefinition[] = [
  {
    name: 'readings-stream',
    tableNameVariable: 'DYNAMODB_TABLE_NAME',
    functionName: 'stream-aggregator',
    source: READINGS_STREAM_SOURCE,
    window: 'readings',
  },
  {
    name: 'live-stream',
    tableNameVariable: 'DYNAMODB_TABLE_NAME',
    functionName: 'live-publisher',
    source: LIVE_STREAM_SOURCE,
    window: 'live',
  },
  // Shard-hours and fleet-hours.
  {
    name: 'aggregates-stream',
    tableNameVariable: 'DYNAMODB_AGGREGATE_TABLE_NAME',
    functionName: 'stream-aggregator',
    source: READINGS_STREAM_SOURCE,
    window: 'sums',
  },
];

/** A task that a clock starts rather than a change: the event is `{"task": …}`. */
export type ScheduledTask = 'close-hours' | 'refresh-open-hours';

export interface ScheduleDefinition {
  readonly task: ScheduledTask;
  readonly functionName: FunctionName;
  /** In the cloud, where a minute is the least. */
  readonly everySeconds: number;
  /** On the embedded stack. */
  readonly everySecondsLocally: number;
  /** On the embedded stack: the stream mapping in whose container it runs; one of its own unless named. */
  readonly besideMapping?: string;
  readonly functionTimeoutSeconds: number;
}

export const SCHEDULES: readonly ScheduleDefinition[] = [
  {
    task: 'close-hours',
    functionName: 'stream-aggregator',
    everySeconds: 60,
    everySecondsLocally: 5,
    functionTimeoutSeconds: READINGS_STREAM_SOURCE.functionTimeoutSeconds,
  },
  // Waiting changes are known only to the container that put them off.
  {
    task: 'refresh-open-hours',
    functionName: 'stream-aggregator',
    everySeconds: 60,
    everySecondsLocally: 1,
    besideMapping: 'readings-stream',
    functionTimeoutSeconds: READINGS_STREAM_SOURCE.functionTimeoutSeconds,
  },
];

/** Queue of S3 events → csv-importer. The visibility timeout is six times the function's, as AWS advises. */
export const UPLOADS_QUEUE_SOURCE: QueueSourceDefinition = {
  batchSize: 1,
  visibilityTimeoutSeconds: 5400,
  maximumConcurrency: 3,
  maxReceiveCount: 5,
  functionTimeoutSeconds: 900,
  reportBatchItemFailures: true,
};

/** How many imports of one caller run at a time: half of all, so that others make progress. */
export function importsPerCaller(maximumConcurrency: number): number {
  return Math.max(1, Math.floor(maximumConcurrency / 2));
}

/**
 * How long a message of the uploads queue waits after its delivery has failed: 10 s, 1 min, 6 min, 36 min.
 * Short for a moment's trouble, and long enough together for an outage of most of an hour. After its last
 * delivery it becomes a dead letter at once.
 */
export function retrySeconds(deliveries: number): number {
  return deliveries >= UPLOADS_QUEUE_SOURCE.maxReceiveCount ? 0 : 10 * 6 ** (deliveries - 1);
}

/** Where uploads and their reports are in the bucket; only `uploads/` raises events. */
export const UPLOADS_PREFIX = 'uploads/';
export const REPORTS_PREFIX = 'reports/';
