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
    value: 214,
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

export const ASSUMED = {
  /** A Fargate ARM processor against the core that was measured on. */
  fargateSlowdown: 2,
  cpuTarget: 0.6,
  tasksAtLeast: 2,
  taskMemoryGb: 2,
  availabilityZones: 3,
  /** A single reading with its headers and answer. */
  bytesPerRequest: 1500,
  bytesPerBatchedReading: 100,
  bytesPerCsvRow: 60,
  logBytesPerRequest: 250,
  lambdaMemoryGb: 1769 / 1024,
  /** DynamoDB's own, for each item that it stores. */
  itemOverheadBytes: 100,
  /** Readings kept, in months. */
  retentionMonths: 1,
  readingsPerCsvFile: 1_000_000,
  alarms: 15,
  /** One metric of a shard-hour or fleet-hour. */
  sumBytes: 400,
} as const;

function ofBench(name: keyof typeof BENCH_FIGURES): Input {
  const { value, row, column } = BENCH_FIGURES[name];
  return { value, source: `npm run bench: "${row}", ${column}, on one core` };
}

/** What one task of one processor takes at its CPU target: requests with one reading each, or with many. */
export function requestsPerTaskAndSecond(readingsPerRequest: number): number {
  const micros = Math.max(
    MEASURED.apiMicrosPerRequest.value,
    readingsPerRequest * MEASURED.apiMicrosPerBatchedReading.value,
  );
  return (ASSUMED.cpuTarget * 1e6) / (micros * ASSUMED.fargateSlowdown);
}
