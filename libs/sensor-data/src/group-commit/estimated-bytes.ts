import type { Reading } from '../reading.js';

const BYTES_PER_READING = 200;
const BYTES_PER_ENTRY = 40;

/** Estimates the memory of a waiting reading, which is more than its request's bytes. */
export function estimatedBytes({ equipmentId, values, tags }: Reading): number {
  let bytes = BYTES_PER_READING + equipmentId.length;
  for (const name of values.keys()) bytes += BYTES_PER_ENTRY + name.length;
  // Tags are any text: two bytes a UTF-16 unit.
  for (const [name, text] of tags) bytes += BYTES_PER_ENTRY + 2 * (name.length + text.length);
  return bytes;
}
