import {
  blocksOf,
  equipmentHoursOf,
  GB,
  HOURS,
  requestsOf,
  SECONDS,
  type Design,
} from './design.ts';
import { LIVE_WINDOW_SECONDS } from '../lib/deployment.ts';
import { frontCost } from './front.ts';
import { ASSUMED, MEASURED, requestsPerProcessorAndSecond } from './inputs.ts';
import { PRICES } from './prices.ts';
import { sweptHour } from './sweep.ts';
import {
  cellBytes,
  importerRecomputationsPerHour,
  recomputationsPerHour,
  tableUnits,
  type TableUnits,
} from './table-units.ts';

/** US dollars a month, by what they are paid for. */
export type MonthlyCost = Readonly<Record<string, number>>;

/** What so many readings cost in a month, all Regions together: each has all of them. */
export function monthlyCost(readings: number, design: Design): MonthlyCost {
  const { regions } = design;
  const units = tableUnits(readings, design);
  const { writeUnit, readUnit, idle } = unitPrices(units, design);
  const tasks = tasksOf(requestsOf(readings, design) / regions, design);
  const perRegion = {
    'readings: writes': units.readingWrites * writeUnit,
    'aggregates: writes': units.cells.writes * writeUnit,
    'aggregates: reads': units.cells.reads * readUnit,
    'aggregates: Lambda': lambdaCost(readings, units, design),
    'aggregates: fleet totals': units.fleet.writes * writeUnit + units.fleet.reads * readUnit,
    live: liveCost(readings, design),
    verification: units.verificationReads * readUnit + sweepCpuCost(readings, design),
    'provisioned without use': idle,
    'storage and backups': storageCost(readings, design),
    'API tasks': tasks * taskHourPrice(design) * HOURS,
    'alarms, dashboard, identity': watchCost(design),
  };
  return {
    ...scaled(perRegion, regions),
    ...frontCost(readings, tasks, design),
    'CSV import': csvCost(readings, design),
  };
}

export function totalOf(cost: MonthlyCost): number {
  return Object.values(cost).reduce((sum, dollars) => sum + dollars, 0);
}

/** Provisioned units are paid for whether used or not; `idle` is what the least of them cost beyond what is used. */
function unitPrices(units: TableUnits, { capacity }: Design) {
  const { writeUnit, readUnit, writeCapacityHour, readCapacityHour } = PRICES;
  if (capacity === 'on-demand') return { writeUnit, readUnit, idle: 0 };
  const write = writeCapacityHour / 3600 / ASSUMED.provisionedUse;
  const read = readCapacityHour / 3600 / ASSUMED.provisionedUse;
  const { readingWrites, cells, fleet, verificationReads } = units;
  const least = ASSUMED.provisionedUnitsAtLeast * ASSUMED.provisionedUse * SECONDS;
  const unused = (used: number) => Math.max(0, least - used);
  return {
    writeUnit: write,
    readUnit: read,
    idle:
      write * (unused(readingWrites) + unused(cells.writes + fleet.writes)) +
      read * (unused(cells.reads + verificationReads) + unused(fleet.reads)),
  };
}

/** Recomputations, and the records of both streams, of which most only say what is known. */
function lambdaCost(readings: number, units: TableUnits, design: Design): number {
  const recomputed = equipmentHoursOf(readings, design) * recomputationsPerHour(design);
  const blocks = blocksOf(readings, design);
  // Of the aggregates' own stream, also those of what the importer writes.
  const cells = recomputed + importerRecomputations(readings, design) + units.fleet.writes;
  const records = blocks + cells;
  const calls =
    invocations(blocks, design.windowSeconds) + invocations(cells, design.sumsWindowSeconds);
  const seconds =
    (recomputed * MEASURED.millisPerDirtyHour.value + calls * ASSUMED.millisPerInvocation) / 1e3 +
    (records * MEASURED.microsPerStreamRecord.value * ASSUMED.armSlowdown) / 1e6;
  const log = (calls * ASSUMED.logBytesPerRequest * PRICES.logGb) / GB;
  return seconds * ASSUMED.lambdaMemoryGb * PRICES.lambdaGbSecond + calls * PRICES.lambdaCall + log;
}

function importerRecomputations(readings: number, design: Design): number {
  return equipmentHoursOf(readings, design) * importerRecomputationsPerHour(design);
}

/** Publishing, which goes on whether somebody listens or not. */
function liveCost(readings: number, design: Design): number {
  const { sending } = design;
  const blocks = blocksOf(readings, design);
  const calls = invocations(blocks, LIVE_WINDOW_SECONDS);
  const seconds =
    (calls * ASSUMED.millisPerLiveCall) / 1e3 +
    (blocks * ASSUMED.microsPerLiveBlock * ASSUMED.armSlowdown) / 1e6;
  const bytesOfBlocks = (readings * sending.packed.bytes) / sending.packed.readings;
  const isImport = sending.readingsPerRequest === 'csv';
  const gb = isImport ? 0 : (bytesOfBlocks * ASSUMED.publishedShare) / GB;
  return (
    seconds * ASSUMED.livePublisherGb * PRICES.lambdaGbSecond +
    calls * (PRICES.lambdaCall + PRICES.topicRequest) +
    gb * (PRICES.topicGb + PRICES.topicArchiveGb)
  );
}

/** Of a stream: for each shard once a window, and never without a record. */
function invocations(records: number, windowSeconds: number): number {
  const shards = Math.ceil(records / SECONDS / ASSUMED.writeUnitsPerShard);
  return Math.min(records, (shards * SECONDS) / windowSeconds);
}

/** Charged in full, though tasks that stand idle have room; files that come after their hour cost less. */
function sweepCpuCost(readings: number, design: Design): number {
  if (design.sweepDelayMinutes === 0) return 0;
  const { cpuMicros } = sweptHour(design.readingsPerEquipmentAndHour, cellBytes(design));
  const seconds =
    (equipmentHoursOf(readings, design) * cpuMicros * ASSUMED.armSlowdown) /
    1e6 /
    ASSUMED.cpuTarget;
  return (seconds / 3600) * processorHourPrice(design);
}

function storageCost(readings: number, design: Design): number {
  const { packed } = design.sending;
  const months = ASSUMED.retentionMonths;
  const blockBytes =
    (readings * packed.bytes) / packed.readings +
    blocksOf(readings, design) * ASSUMED.itemOverheadBytes;
  const cells =
    equipmentHoursOf(readings, design) * (cellBytes(design) + ASSUMED.itemOverheadBytes);
  const gb = (months * (blockBytes + cells)) / GB;
  return gb * (PRICES.tableGbMonth + PRICES.backupGbMonth);
}

/** Tasks follow the load, but never below the least: on average there are as many as the mean needs. */
function tasksOf(requests: number, { sending, tasks }: Design): number {
  const perRequest = sending.readingsPerRequest === 'csv' ? 1 : sending.readingsPerRequest;
  const processors = requests / SECONDS / requestsPerProcessorAndSecond(perRequest);
  return Math.max(tasks.min, processors / (tasks.cpuUnits / 1024));
}

function taskHourPrice({ tasks }: Design): number {
  const { cpuUnits, memoryMib } = tasks;
  return (cpuUnits / 1024) * PRICES.processorHour + (memoryMib / 1024) * PRICES.memoryGbHour;
}

function processorHourPrice(design: Design): number {
  return taskHourPrice(design) / (design.tasks.cpuUnits / 1024);
}

/** One machine's tokens; only where there is another Region to go to, readiness is watched. */
function watchCost({ regions, monitoring, capacity, tokenMinutes }: Design): number {
  const alarms =
    ASSUMED.alarmMetrics +
    ASSUMED.alarmMetricsOfOtherRegion * (regions - 1) +
    ASSUMED.alarmsOfTaskScaling +
    (capacity === 'provisioned' ? 4 * ASSUMED.alarmsOfTableRange : 0);
  const full = PRICES.dashboardMonth + ASSUMED.insightMetrics * PRICES.customMetricMonth;
  return (
    alarms * PRICES.alarmMonth +
    (monitoring === 'full' ? full : 0) +
    PRICES.secretMonth +
    ASSUMED.queueRequestsPerHour * HOURS * PRICES.queueRequest +
    ((HOURS * 60) / tokenMinutes / regions) * PRICES.token +
    (regions > 1 ? PRICES.readinessCheckMonth : 0)
  );
}

/** Its rows, and the hours that it recomputes behind them, in which it waits for the store. */
function csvCost(readings: number, design: Design): number {
  if (design.sending.readingsPerRequest !== 'csv') return 0;
  const seconds =
    (readings / MEASURED.importedRowsPerSecond.value) * ASSUMED.armSlowdown +
    (importerRecomputations(readings, design) * MEASURED.millisPerDirtyHour.value) / 1e3;
  const files = readings / ASSUMED.readingsPerCsvFile;
  const gb = (readings * ASSUMED.bytesPerCsvRow) / GB;
  return (
    seconds * ASSUMED.lambdaMemoryGb * PRICES.lambdaGbSecond +
    files * (PRICES.objectPut + PRICES.lambdaCall) +
    gb * PRICES.objectGbMonth
  );
}

function scaled(cost: MonthlyCost, factor: number): MonthlyCost {
  return Object.fromEntries(
    Object.entries(cost).map(([name, dollars]) => [name, dollars * factor]),
  );
}
