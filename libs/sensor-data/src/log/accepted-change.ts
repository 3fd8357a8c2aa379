import type { Instant } from '@sensorflow/kernel';
import type { StoredReading } from '../reading.js';
import { parseUndoneMarkKey, timeCoveredBy } from './block-key.js';
import type { RemovalBlock, StoredBlock } from './block.js';
import { HourFold } from './hour-fold.js';
import { HOUR_NS, instantAfter, instantAt } from './hour-time.js';
import { readBlock } from './read-block.js';
import { countInRuns } from './run-text.js';
import { stampInstant } from './stamp.js';
import { unpackedTagsLength } from './tag-runs.js';

/** Something of this equipment changed between two instants: what an import or a removal of a range did. */
export interface ChangedRange {
  readonly kind: 'changed';
  readonly equipmentId: string;
  /** Included. */
  readonly from: Instant;
  /** Excluded. */
  readonly to: Instant;
}

/** What stood at one instant was removed: all of it, or one metric. */
export interface RemovedReading {
  readonly kind: 'removed';
  readonly equipmentId: string;
  readonly timestamp: Instant;
  readonly metric?: string;
  readonly acceptedAt: Instant;
}

/** Readings that arrived together, in order of time, as they were sent. */
export interface AcceptedReadings {
  readonly kind: 'readings';
  readonly equipmentId: string;
  readonly readings: readonly StoredReading[];
}

export type AcceptedChange = AcceptedReadings | RemovedReading | ChangedRange;

/** Undefined unless the block is part of an import or takes one back: those are told as ranges. */
export function rangeOfImport(stored: StoredBlock): ChangedRange | undefined {
  const { equipmentId, key, importId } = stored;
  if (importId === undefined && !parseUndoneMarkKey(key)) return undefined;
  const covered = timeCoveredBy(key);
  if (!covered) throw new Error(`The block ${equipmentId} ${key} is unreadable: its key`);
  const to = instantAfter(covered.last);
  return { kind: 'changed', equipmentId, from: covered.first, to };
}

/** JSON of a reading without its values and its equipment's id: instants and the names of members. */
const SHOWN_BYTES = 150;
/** JSON of a number and its member; `value` is written twice. */
const SHOWN_BYTES_OF_VALUE = 30;

/**
 * Estimates how many bytes a block's readings take as JSON, without unpacking it: regular instants, steady values and
 * equal tags take almost none in a block. For blocks that SensorFlow did not write, it may be any number.
 */
export function shownBytes({ equipmentId, instants, columns, tags }: StoredBlock): number {
  let ofReading = SHOWN_BYTES + equipmentId.length;
  for (const metric of columns?.keys() ?? []) ofReading += metric.length + SHOWN_BYTES_OF_VALUE;
  const ofTags = tags === undefined ? 0 : unpackedTagsLength(tags);
  return ofReading * (instants === undefined ? 1 : countInRuns(instants)) + ofTags;
}

/** What a block that was just written says. Throws for what SensorFlow never wrote. */
export function acceptedChange(stored: StoredBlock): AcceptedChange {
  const range = rangeOfImport(stored);
  if (range) return range;
  const { equipmentId } = stored;
  const block = readBlock(stored);
  if (block.kind === 'removal') return removed(equipmentId, block);
  const fold = new HourFold(equipmentId, block.hour);
  fold.add(block);
  return { kind: 'readings', equipmentId, readings: fold.take(0, HOUR_NS) };
}

function removed(equipmentId: string, removal: RemovalBlock): RemovedReading | ChangedRange {
  const { hour, firstNs, lastNs, metric, stamp } = removal;
  const last = instantAt(hour, lastNs);
  if (firstNs < lastNs) {
    const from = instantAt(hour, firstNs);
    return { kind: 'changed', equipmentId, from, to: instantAfter(last) };
  }
  const acceptedAt = stampInstant(stamp);
  const what = { equipmentId, timestamp: last, acceptedAt };
  return { kind: 'removed', ...what, ...(metric !== undefined && { metric }) };
}
