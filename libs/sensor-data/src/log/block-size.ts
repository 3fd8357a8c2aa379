import { spanOf } from './block-key.js';
import type { Origin } from './block.js';
import type { OffsetNs } from './hour-time.js';
import { MAX_READINGS_PER_BLOCK } from './instants-text.js';

/** DynamoDB bills writes by whole kilobytes … */
export const WRITE_UNIT_BYTES = 1024;
/** … and strongly consistent reads by four of them: a page of the log should not pay for larger blocks. */
export const MAX_BLOCK_BYTES = 4096;
/** Beyond this many readings, a larger block saves hardly anything for each of them. */
const ENOUGH_READINGS = 16;

/** The text of a reading that lacks a metric. */
export const NO_VALUE = '_';

/** Attribute names, a key with the stamp of a process, and an expiry. */
const FIXED_BYTES = 95;
/** What DynamoDB counts for an entry of a map. */
export const ENTRY_BYTES = 1;
/** One more instant, with its blank: less where the series is regular. */
export const MAX_BYTES_OF_INSTANT = 14;
export const BYTES_PER_DOUBLE = 8;

/** The bytes of a block without its lines. */
export function fixedBytes(equipmentId: string, { by = '', importId = '' }: Origin): number {
  // The id of an import is in the stamp, too.
  return FIXED_BYTES + equipmentId.length + by.length + 2 * importId.length;
}

/**
 * Whether one more reading fits. A block that spans more than three minutes ends with its first kilobyte, so that
 * such blocks are small.
 *
 * @param bytes of the block with the reading
 * @param count of readings without it
 */
export function hasRoom(
  bytes: number,
  count: number,
  firstNs: OffsetNs,
  offsetNs: OffsetNs,
): boolean {
  if (bytes > MAX_BLOCK_BYTES || count >= MAX_READINGS_PER_BLOCK) return false;
  const isWide = spanOf(firstNs, offsetNs) === 'h';
  return !isWide || count < ENOUGH_READINGS || bytes <= WRITE_UNIT_BYTES;
}

/** Whether a block of `bytes` as text is cheaper to write without `saved` of them. */
export function doublesSaveUnits(bytes: number, saved: number): boolean {
  return writeUnits(bytes - saved) < writeUnits(bytes);
}

function writeUnits(bytes: number): number {
  return Math.ceil(bytes / WRITE_UNIT_BYTES);
}
