import { MEASURED } from './inputs.ts';
import { READ_UNIT_BYTES, readUnits } from './units.ts';

/**
 * What it takes to verify one equipment-hour in which nothing differs (docs/decisions/0011): its equipment
 * is found, its readings are read once more, and its cell twice: with its shard, and by its key, which
 * is not strongly consistent.
 */
export function sweptHour(readings: number, cellBytes: number) {
  const { value: firstPage } = MEASURED.readingsInFirstSweptPage;
  const { value: pageSize } = MEASURED.readingsPerSweptPage;
  const { value: readingBytes } = MEASURED.readingBytes;
  const isOnePage = readings < firstPage;
  const behind = isOnePage ? 0 : readings - firstPage;
  const fullPages = Math.floor(behind / pageSize);
  // A page that is full says that there may be more, so that the last one is never full.
  const lastPage = isOnePage ? readings : behind - fullPages * pageSize;
  const calls = MEASURED.callsPerSweptHour.value + (isOnePage ? 0 : 1) + fullPages + 1;
  const readingUnits =
    (isOnePage ? 0 : readUnits(firstPage * readingBytes)) +
    fullPages * readUnits(pageSize * readingBytes) +
    readUnits(lastPage * readingBytes);
  const cellUnits = cellBytes / READ_UNIT_BYTES + readUnits(cellBytes) / 2;
  return {
    calls,
    readUnits: MEASURED.readUnitsPerFoundEquipment.value + readingUnits + cellUnits,
    cpuMicros:
      calls * MEASURED.sweepMicrosPerCall.value + readings * MEASURED.sweepMicrosPerReading.value,
  };
}
