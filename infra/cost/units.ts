/** DynamoDB's units, as it rounds them: once for each item that is written, once for each page that is read. */

const WRITE_UNIT_BYTES = 1024;
export const READ_UNIT_BYTES = 4096;

export function writeUnits(bytes: number): number {
  return Math.ceil(bytes / WRITE_UNIT_BYTES);
}

/** Strongly consistent; half of them otherwise. */
export function readUnits(bytes: number): number {
  return Math.ceil(bytes / READ_UNIT_BYTES);
}
