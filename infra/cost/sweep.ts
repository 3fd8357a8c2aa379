import { MEASURED } from './inputs.ts';
import { READ_UNIT_BYTES, readUnits } from './units.ts';

/**
 * What it takes to verify one equipment-hour in which nothing differs (docs/decisions/0011): its equipment
 * is found, its readings are read once more, and its cell twice: with its shard, and from the index, which
 * is not strongly consistent.
 */
export function sweptHour(readings: number, cellBytes: number) {
  const calls = MEASURED.callsPerSweptHour.value;
  const readingUnits = readUnits(readings * MEASURED.readingBytes.value);
  const cellUnits = cellBytes / READ_UNIT_BYTES + readUnits(cellBytes) / 2;
  return {
    calls,
    readUnits: MEASURED.readUnitsPerFoundEquipment.value + readingUnits + cellUnits,
    cpuMicros:
      calls * MEASURED.sweepMicrosPerCall.value + readings * MEASURED.sweepMicrosPerReading.value,
  };
}
