import { BENCH_FIGURES } from './bench-figures.ts';

/** What the cost model starts from: what was measured, and what had to be assumed. */

interface Input {
  readonly value: number;
  /** Where it can be seen again. */
  readonly source: string;
}

/** From runs on one machine (AMD EPYC, two cores, Node 24.21.0); your figures: the same commands. */
export const MEASURED = {
  apiMicrosPerRequest: ofBench('apiMicrosPerRequest'),
  apiMicrosPerBatchedReading: ofBench('apiMicrosPerBatchedReading'),
  importedRowsPerSecond: ofBench('importedRowsPerSecond'),
  readingBytes: {
    value: 120,
    source:
      'the block of a reading with one value that a user sent alone, by DynamoDB’s rules of size (cost.spec.ts)',
  },
  aggregateBytes: {
    value: 209,
    source: 'the item of an equipment-hour with one metric, by the same rules (cost.spec.ts)',
  },
  denseHourReadings: {
    value: 1000,
    source: 'beyond it an hour is read and kept by slots (docs/decisions/0009)',
  },
  slotBytes: {
    value: 200,
    source: 'what a slot adds to the item of a dense hour (docs/decisions/0009)',
  },
  callsPerDirtyHour: {
    value: 3,
    source: 'version, readings, cell (docs/decisions/0008); two where the version is remembered',
  },
  millisPerDirtyHour: {
    value: 5,
    source:
      'the aggregator against the bench’s sink at 4 ms a call: 2.7 to 8.1 ms, machine not quiet',
  },
  microsPerStreamRecord: {
    value: 4,
    source: 'CPU of parsing a thousand records and finding their hours: 3.6 to 6.8, not quiet',
  },
  callsPerSweptHour: {
    value: 2,
    source: 'find the equipment, cell; and its pages of readings (cost.spec.ts counts them)',
  },
  readingsInFirstSweptPage: {
    value: 64,
    source: 'libs/sensor-data/src/log/chunk-size.ts, readings sent one by one (cost.spec.ts)',
  },
  readingsPerSweptPage: {
    value: 541,
    source: 'the same: 64 KB (cost.spec.ts counts the pages)',
  },
  readUnitsPerFoundEquipment: {
    value: 1,
    source: 'one item, strongly consistent (cost.spec.ts, by the embedded store’s count)',
  },
  sweepMicrosPerCall: {
    value: 780,
    source:
      'CPU of sweeping 1,000 equipment with a reading each on the embedded store: 740 to 820, machine not quiet',
  },
  sweepMicrosPerReading: {
    value: 23,
    source:
      'the same with 1,200 readings each, 8 equipment: 21 to 26 more for each, machine not quiet',
  },
} as const satisfies Readonly<Record<string, Input>>;

/**
 * What readings that arrive together are packed into, one a minute and with one metric of 17 digits: blocks of a
 * kilobyte at the most, so that each is one write unit. cost.spec.ts packs them with the product's code; with two
 * decimals, 50 are 1.82 blocks of 514 bytes in all.
 */
export const PACKED = {
  /** Of one equipment in a request, averaged over the minutes at which it may begin: most cross an hour. */
  fifty: { readings: 50, hours: 1.82, blocks: 2.12, bytes: 1185 },
  /** An hour of one equipment in a file. */
  hourOfFile: { readings: 60, hours: 1, blocks: 2, bytes: 1466 },
} as const;

export const ASSUMED = {
  /** A processor of Fargate or Lambda on ARM against the core that was measured on. */
  armSlowdown: 2,
  cpuTarget: 0.6,
  /** A single reading with its headers and answer. */
  bytesPerRequest: 1500,
  /** Of them, the answer. */
  bytesPerAnswer: 600,
  bytesPerBatchedReading: 100,
  bytesPerCsvRow: 60,
  /** What a new connection sends before its first answer: Amazon's certificates, mostly. */
  bytesPerHandshake: 5000,
  logBytesPerRequest: 250,
  /** As the load balancer logs it, compressed. */
  accessLogBytesPerRequest: 100,
  lambdaMemoryGb: 1769 / 1024,
  /** Of an invocation, whatever is in it. */
  millisPerInvocation: 10,
  /** The live publisher: a call of it, which waits for the topic, and a block, on a seventh of a processor. */
  livePublisherGb: 0.25,
  millisPerLiveCall: 20,
  microsPerLiveBlock: 20 * 7,
  /** Of a block's bytes, what is published: deflated, and in base64. An import's are told as ranges. */
  publishedShare: 0.8,
  /** DynamoDB's own, for each item that it stores. */
  itemOverheadBytes: 100,
  /** Readings kept, in months. */
  retentionMonths: 1,
  readingsPerCsvFile: 1_000_000,
  /** One metric of a shard-hour or fleet-hour. */
  sumBytes: 400,
  /** What auto-scaling aims at; load that is steady gets it. */
  provisionedUse: 0.7,
  /** The least of readings and aggregates each, reads and writes. */
  provisionedUnitsAtLeast: 5,
  /** Of a stream, and so of functions at work at a time. */
  writeUnitsPerShard: 1000,
  /** Metrics that the alarms of a Region look at, those about each other Region, and those of auto-scaling for tasks and for a range of a table. */
  alarmMetrics: 27,
  alarmMetricsOfOtherRegion: 1,
  alarmsOfTaskScaling: 4,
  alarmsOfTableRange: 4,
  /** Container Insights: of a cluster, a service and a task definition. */
  insightMetrics: 8 + 11 + 6,
  /** Lambda asks an idle queue by five long polls at a time, of 20 s. */
  queueRequestsPerHour: 5 * 180,
} as const;

function ofBench(name: keyof typeof BENCH_FIGURES): Input {
  const { value, row, column } = BENCH_FIGURES[name];
  return { value, source: `npm run bench: "${row}", ${column}, on one core` };
}

/** What one processor takes at the CPU target: requests with one reading each, or with many. */
export function requestsPerProcessorAndSecond(readingsPerRequest: number): number {
  const micros = Math.max(
    MEASURED.apiMicrosPerRequest.value,
    readingsPerRequest * MEASURED.apiMicrosPerBatchedReading.value,
  );
  return (ASSUMED.cpuTarget * 1e6) / (micros * ASSUMED.armSlowdown);
}
