import { blocksOf, equipmentHoursOf, HOURS, SECONDS, type Design } from './design.ts';
import { ASSUMED, MEASURED } from './inputs.ts';
import { sweptHour } from './sweep.ts';
import { readUnits, writeUnits } from './units.ts';

/** What DynamoDB bills in a month, in one Region, before anybody looks at anything. */
export interface TableUnits {
  /** Blocks of readings, a kilobyte each at the most. */
  readonly readingWrites: number;
  readonly cells: Units;
  readonly fleet: Units;
  /** Reads of what is verified after its hour. */
  readonly verificationReads: number;
}

interface Units {
  readonly writes: number;
  readonly reads: number;
}

const SLOTS = 12;

export function tableUnits(readings: number, design: Design): TableUnits {
  const hours = equipmentHoursOf(readings, design);
  const recomputed = recomputationsPerHour(design) + importerRecomputationsPerHour(design);
  const { readUnits: sweptUnits } = sweptHour(
    design.readingsPerEquipmentAndHour,
    cellBytes(design),
  );
  return {
    readingWrites: blocksOf(readings, design),
    cells: {
      writes: hours * recomputed * writeUnits(cellBytes(design)),
      reads: hours * recomputed * readsPerRecomputation(design),
    },
    fleet: fleetUnits(hours / HOURS, design),
    verificationReads: design.sweepDelayMinutes === 0 ? 0 : hours * sweptUnits,
  };
}

/**
 * What arrives together of one equipment makes its hour be recomputed, but no more often than it may grow old;
 * and once more when it is closed. An hour that comes in a file is one of the past, closed long ago.
 */
export function recomputationsPerHour(design: Design): number {
  const { readingsPerRequest, packed } = design.sending;
  if (readingsPerRequest === 'csv') return 1;
  const arrivals = (design.readingsPerEquipmentAndHour * packed.hours) / packed.readings;
  return Math.min(arrivals, 3600 / design.refreshSeconds) + 1;
}

/** An import says that it is completed when it has recomputed its hours itself, whatever the streams have done. */
export function importerRecomputationsPerHour({ sending }: Design): number {
  return sending.readingsPerRequest === 'csv' ? 1 : 0;
}

/** Its version, and the hour or slot from its beginning: on average half of what there is at the end. */
function readsPerRecomputation(design: Design): number {
  const { sending, readingsPerEquipmentAndHour } = design;
  const parts = isDense(design) ? SLOTS : 1;
  const bytes = (readingsPerEquipmentAndHour * sending.packed.bytes) / sending.packed.readings;
  const recomputations = Math.max(1, Math.round(recomputationsPerHour(design) / parts));
  let units = 0;
  for (let done = 1; done <= recomputations; done += 1) {
    units += readUnits((bytes / parts) * (done / recomputations));
  }
  return MEASURED.callsPerDirtyHour.value - 2 + units / recomputations;
}

/** A file's hour is read once, so that slots would gain nothing. */
function isDense({ readingsPerEquipmentAndHour, sending }: Design): boolean {
  return (
    sending.readingsPerRequest !== 'csv' &&
    readingsPerEquipmentAndHour > MEASURED.denseHourReadings.value
  );
}

export function cellBytes(design: Design): number {
  return MEASURED.aggregateBytes.value + (isDense(design) ? SLOTS * MEASURED.slotBytes.value : 0);
}

/** Shards by the rule of docs/decisions/0008: for 300 readings a second and 2,000 equipment each. */
function shardsFor(equipment: number, design: Design): number {
  const readingsPerSecond = (equipment * design.readingsPerEquipmentAndHour) / 3600;
  return 2 ** Math.ceil(Math.log2(Math.max(1, readingsPerSecond / 300, equipment / 2000)));
}

/** Once a window, each shard is summed from its equipment-hours, and the fleet from its shards. */
function fleetUnits(equipment: number, design: Design): Units {
  const shards = shardsFor(equipment, design);
  const written = recomputationsPerHour(design) + importerRecomputationsPerHour(design);
  const dirtyHours = equipment * written;
  const windows = 3600 / design.sumsWindowSeconds;
  const shardSums = shards * Math.min(windows, dirtyHours / shards) * HOURS;
  const fleetSums = Math.min(windows, dirtyHours) * HOURS;
  return {
    writes: shardSums + fleetSums,
    reads:
      shardSums * readUnits((equipment / shards) * cellBytes(design)) +
      fleetSums * readUnits(shards * ASSUMED.sumBytes),
  };
}

/** What two tables have to take a second, evenly over the month: where their ranges have to begin from. */
export function unitsPerSecond(readings: number, design: Design) {
  const { readingWrites, cells, fleet, verificationReads } = tableUnits(readings, design);
  return {
    readings: {
      writes: readingWrites / SECONDS,
      reads: (cells.reads + verificationReads) / SECONDS,
    },
    aggregates: { writes: (cells.writes + fleet.writes) / SECONDS, reads: fleet.reads / SECONDS },
  };
}
