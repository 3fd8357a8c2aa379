import type { Measurement } from './hourly-aggregate.js';

const UNIT_BYTES = 4096;
/** A block of one reading without its values: keys, stamp, names. */
const BLOCK_BYTES = 130;
/** A value of 17 digits and its metric's name. */
const VALUE_BYTES = 25;

/** What reading these cost at the most, in DynamoDB's read units: as if each were a block by itself. */
export function readUnitsOf(readings: readonly Measurement[]): number {
  const values = readings.reduce((sum, reading) => sum + reading.values.size, 0);
  return (readings.length * BLOCK_BYTES + values * VALUE_BYTES) / UNIT_BYTES;
}
