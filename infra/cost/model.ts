import { ASSUMED, MEASURED, requestsPerTaskAndSecond } from './inputs.ts';
import { PRICES } from './prices.ts';
import { sweptHour } from './sweep.ts';
import { readUnits, writeUnits } from './units.ts';

/** How readings come, and where SensorFlow runs. */
export interface Design {
  readonly name: string;
  /** `csv` for files, which no request of the API carries. */
  readonly readingsPerRequest: number | 'csv';
  readonly readingsPerEquipmentAndHour: number;
  /** Of the stream's batches: what comes of one equipment within it shares a recomputation. */
  readonly windowSeconds: number;
  /** As of an environment: 0 when hours are not verified by themselves. */
  readonly sweepDelayMinutes: number;
  readonly regions: number;
  readonly firewall: boolean;
  readonly network: 'nat' | 'public-ip';
}

/** US dollars a month, by what they are paid for. */
export type MonthlyCost = Readonly<Record<string, number>>;

const HOURS = 730;
const SECONDS = HOURS * 3600;
const GB = 1e9;
const SLOTS = 12;

/** What so many readings cost in a month, all Regions together. */
export function monthlyCost(readings: number, design: Design): MonthlyCost {
  const { regions } = design;
  const requests = requestsOf(readings, design);
  return {
    'readings: writes':
      readings * writeUnits(MEASURED.readingBytes.value) * PRICES.writeUnits * regions,
    ...scaled(aggregationCost(readings, design), regions),
    'aggregates: fleet totals': fleetCost(readings, design) * regions,
    verification: verificationCost(readings, design) * regions,
    'storage and backups': storageCost(readings, design) * regions,
    'API tasks': tasksCost(requests / regions, design) * regions,
    'load balancer and firewall': frontCost(readings, requests, design),
    network: networkCost(requests / regions, design) * regions,
    'logs, alarms, secret': requests * logCost() + watchCost(design) * regions,
    'CSV import': csvCost(readings, design),
  };
}

export function totalOf(cost: MonthlyCost): number {
  return Object.values(cost).reduce((sum, dollars) => sum + dollars, 0);
}

function requestsOf(readings: number, { readingsPerRequest }: Design): number {
  return readingsPerRequest === 'csv' ? 0 : readings / readingsPerRequest;
}

/** Every dirty hour is read from its beginning, or from that of its slot, and written. */
function aggregationCost(readings: number, design: Design): MonthlyCost {
  const perHour = design.readingsPerEquipmentAndHour;
  const recomputations = recomputationsPerHour(design);
  const dirtyHours = (readings / perHour) * recomputations;
  const cellWrites = writeUnits(cellBytes(design));
  const versionReads = MEASURED.callsPerDirtyHour.value - 2;
  const parts = isDense(design) ? SLOTS : 1;
  const reads = versionReads + averageReadUnits(perHour / parts, recomputations / parts);
  const seconds = MEASURED.millisPerDirtyHour.value / 1000;
  return {
    'aggregates: writes': dirtyHours * cellWrites * PRICES.writeUnits,
    'aggregates: reads': dirtyHours * reads * PRICES.readUnits,
    'aggregates: Lambda': dirtyHours * seconds * ASSUMED.lambdaMemoryGb * PRICES.lambdaGbSecond,
  };
}

/** Shards by the rule of docs/decisions/0008: for 300 readings a second and 2,000 equipment each. */
function shardsFor(readings: number, equipment: number): number {
  const needed = Math.max(1, readings / SECONDS / 300, equipment / 2000);
  return 2 ** Math.ceil(Math.log2(needed));
}

/** Once a window, each shard is summed from its equipment-hours, and the fleet from its shards. */
function fleetCost(readings: number, design: Design): number {
  const equipment = readings / HOURS / design.readingsPerEquipmentAndHour;
  const shards = shardsFor(readings, equipment);
  const dirtyHours = equipment * recomputationsPerHour(design);
  const windows = 3600 / design.windowSeconds;
  const shardBytes = (equipment / shards) * cellBytes(design);
  const perHour =
    shards * Math.min(windows, dirtyHours / shards) * sumCost(shardBytes) +
    Math.min(windows, dirtyHours) * sumCost(shards * ASSUMED.sumBytes);
  return HOURS * perHour;
}

/** One query of what is summed, and one write. */
function sumCost(bytes: number): number {
  return readUnits(bytes) * PRICES.readUnits + PRICES.writeUnits;
}

/**
 * Every Region sweeps its own aggregates. Processors are charged in full, though tasks that stand idle have
 * room; files that come after their hour was swept cost less.
 */
function verificationCost(readings: number, design: Design): number {
  if (design.sweepDelayMinutes === 0) return 0;
  const { readingsPerEquipmentAndHour: perHour } = design;
  const hour = sweptHour(perHour, cellBytes(design));
  const taskSeconds = (hour.cpuMicros * ASSUMED.fargateSlowdown) / 1e6 / ASSUMED.cpuTarget;
  const perSweptHour = hour.readUnits * PRICES.readUnits + (taskSeconds / 3600) * taskHourPrice();
  return (readings / perHour) * perSweptHour;
}

/** A file in order brings the readings of an hour at once; else they come one by one, or a window's together. */
function recomputationsPerHour(design: Design): number {
  const { readingsPerEquipmentAndHour: perHour, windowSeconds } = design;
  return design.readingsPerRequest === 'csv' ? 1 : Math.min(perHour, 3600 / windowSeconds);
}

/** A file's hour is read once, so that slots would gain nothing. */
function isDense({ readingsPerEquipmentAndHour, readingsPerRequest }: Design): boolean {
  return (
    readingsPerRequest !== 'csv' && readingsPerEquipmentAndHour > MEASURED.denseHourReadings.value
  );
}

function cellBytes(design: Design): number {
  return MEASURED.aggregateBytes.value + (isDense(design) ? SLOTS * MEASURED.slotBytes.value : 0);
}

/** Of an hour or slot that grows: the first recomputation reads little, the last one all of it. */
function averageReadUnits(readingsAtLast: number, recomputations: number): number {
  let units = 0;
  for (let done = 1; done <= recomputations; done += 1) {
    const readings = (readingsAtLast * done) / recomputations;
    units += readUnits(readings * MEASURED.readingBytes.value);
  }
  return units / recomputations;
}

function storageCost(readings: number, design: Design): number {
  const items = readings * ASSUMED.retentionMonths;
  const readingGb = (items * (MEASURED.readingBytes.value + ASSUMED.itemOverheadBytes)) / GB;
  const cells = items / design.readingsPerEquipmentAndHour;
  const cellGb = (cells * (cellBytes(design) + ASSUMED.itemOverheadBytes)) / GB;
  return (readingGb + cellGb) * (PRICES.tableGbMonth + PRICES.backupGbMonth);
}

/** Tasks follow the load, but never below the least: on average there are as many as the mean needs. */
function tasksCost(requests: number, { readingsPerRequest }: Design): number {
  const perRequest = readingsPerRequest === 'csv' ? 1 : readingsPerRequest;
  const needed = requests / SECONDS / requestsPerTaskAndSecond(perRequest);
  return Math.max(ASSUMED.tasksAtLeast, needed) * taskHourPrice() * HOURS;
}

function taskHourPrice(): number {
  return PRICES.processorHour + ASSUMED.taskMemoryGb * PRICES.memoryGbHour;
}

function frontCost(readings: number, requests: number, design: Design): number {
  const { regions, firewall, readingsPerRequest } = design;
  const bytes =
    readingsPerRequest === 'csv'
      ? 0
      : requests * ASSUMED.bytesPerRequest + batchedBytes(readings, design);
  const balancer = HOURS * PRICES.balancerHour * regions + (bytes / GB) * PRICES.balancerUnitHour;
  if (!firewall) return balancer;
  return balancer + PRICES.firewallMonth * regions + requests * PRICES.firewallRequest;
}

function batchedBytes(readings: number, { readingsPerRequest }: Design): number {
  return readingsPerRequest === 1 ? 0 : readings * ASSUMED.bytesPerBatchedReading;
}

/** DynamoDB and S3 are behind free endpoints; logs, logins and keys are what goes through the gateways. */
function networkCost(requests: number, { network }: Design): number {
  if (network === 'public-ip') return ASSUMED.tasksAtLeast * PRICES.publicAddressHour * HOURS;
  const hours = ASSUMED.availabilityZones * HOURS * (PRICES.natHour + PRICES.publicAddressHour);
  return hours + ((requests * ASSUMED.logBytesPerRequest) / GB) * PRICES.natGb;
}

function logCost(): number {
  return (ASSUMED.logBytesPerRequest / GB) * PRICES.logGb;
}

/** Only where there is another Region to go to, readiness is watched. */
function watchCost({ regions }: Design): number {
  const alarms = ASSUMED.alarms * PRICES.alarmMonth;
  const readiness = regions > 1 ? PRICES.readinessCheckMonth : 0;
  return alarms + PRICES.dashboardMonth + PRICES.secretMonth + readiness;
}

function csvCost(readings: number, { readingsPerRequest }: Design): number {
  if (readingsPerRequest !== 'csv') return 0;
  const seconds = (readings / MEASURED.importedRowsPerSecond.value) * ASSUMED.fargateSlowdown;
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
