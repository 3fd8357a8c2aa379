import { instantToEpochMs } from '@sensorflow/kernel';
import type { ImportRecord } from './import-record.js';

/** How fast an import gets on, as its last run said; waiting for its turn counts. */
export interface ImportPace {
  /** Undefined before the first rows. */
  readonly rowsPerSecond: number | undefined;
  /** Of what it is doing: reading rows, recomputing hours, taking them back. Undefined where nothing tells. */
  readonly estimatedEndEpochMs: number | undefined;
}

export function paceOf(record: ImportRecord): ImportPace {
  return { rowsPerSecond: rowsPerSecond(record), estimatedEndEpochMs: estimatedEnd(record) };
}

function rowsPerSecond({ checkpoint, startedAt, lease, finishedAt }: ImportRecord) {
  const { rows, recomputation } = checkpoint;
  const finished = finishedAt && instantToEpochMs(finishedAt);
  const until = recomputation?.startedAtEpochMs ?? finished ?? lease?.seenAtEpochMs;
  if (startedAt === undefined || until === undefined || rows.total === 0) return undefined;
  const tookMs = until - instantToEpochMs(startedAt);
  return tookMs > 0 ? (rows.total * 1000) / tookMs : undefined;
}

function estimatedEnd(record: ImportRecord): number | undefined {
  const { status, lease, checkpoint, startedAt, object, undo } = record;
  const seen = lease?.seenAtEpochMs;
  if (seen === undefined || startedAt === undefined) return undefined;
  const { recomputation } = checkpoint;
  if (status === 'undoing') {
    return undo && extrapolated(undo.startedAtEpochMs, seen, undo.doneHours, undo.totalHours);
  }
  if (status !== 'importing') return undefined;
  if (recomputation) {
    const { startedAtEpochMs, doneHours, totalHours } = recomputation;
    return extrapolated(startedAtEpochMs, seen, doneHours, totalHours);
  }
  const began = instantToEpochMs(startedAt);
  return extrapolated(began, seen, checkpoint.bytesProcessed, object?.bytes);
}

/** When all is done, at the pace from the beginning to when it was last seen. */
function extrapolated(
  beganEpochMs: number,
  seenEpochMs: number,
  done: number,
  total: number | undefined,
): number | undefined {
  if (total === undefined || done === 0 || seenEpochMs < beganEpochMs) return undefined;
  return seenEpochMs + ((seenEpochMs - beganEpochMs) * (total - done)) / done;
}
