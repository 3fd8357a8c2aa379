import { member } from '@sensorflow/platform/aws/json-member.js';
import type { StreamRecord } from '@sensorflow/platform/aws/stream-records.js';
import type { StreamChange } from '../stream-batch-aggregator.js';
import { advanceBy, dirtyByCell } from './cell-stream-record.js';
import { isExpiry } from './expiry-record.js';
import { dirtyByBlock } from './reading-stream-record.js';

/** What records of the readings' or the aggregates' stream made dirty; the two differ by their keys. */
export function streamChangesOf(records: readonly StreamRecord[]): readonly StreamChange[] {
  return records.map((record) => ({
    sequenceNumber: record.sequenceNumber,
    dirty: dirtyBy(record),
    ...advance(record),
    ...createdAt(record),
  }));
}

function advance(record: StreamRecord): Pick<StreamChange, 'advance'> {
  const found = advanceBy(record);
  return found ? { advance: found } : {};
}

function createdAt({
  createdAtEpochSeconds: at,
}: StreamRecord): Pick<StreamChange, 'createdAtEpochSeconds'> {
  return typeof at === 'number' && at > 0 ? { createdAtEpochSeconds: Math.floor(at) } : {};
}

function dirtyBy(record: StreamRecord): StreamChange['dirty'] {
  if (member(record.keys, 'partition') !== undefined) return dirtyByCell(record);
  return isExpiry(record) ? 'nothing' : dirtyByBlock(record.keys);
}
