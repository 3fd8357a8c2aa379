import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { schemaWarning } from './stream-indexes.js';
import { unlessBusy } from './unless-busy.js';

/**
 * Table name → sequence number of the lowest checkpoint of its consumers, or null for a stream that nobody reads.
 * A table that is not named is not trimmed: leave out a table whose consumer has no checkpoint yet.
 */
export type TrimBounds = Readonly<Record<string, string | null>>;

/** The store has a single writer: we neither wait for it long nor keep it from its work. */
const ROWS_PER_TRANSACTION = 500;
const BUSY_TIMEOUT_MS = 200;
const PAUSE_MS = 20;

/**
 * Deletes stream records that no consumer needs. The newest record of each table stays, because dynoxide numbers
 * from it: emptied, it would start at 1 again, below every checkpoint. So does the checkpointed record, by which
 * a consumer knows its place. Returns how many records it deleted; stops early when the store is busy, or when told to.
 */
export async function trimStreams(
  dbPath: string,
  checkpoints: TrimBounds,
  isOver: () => boolean = () => false,
): Promise<number> {
  const db = new DatabaseSync(dbPath, { timeout: BUSY_TIMEOUT_MS });
  try {
    if (schemaWarning(db) !== undefined) return 0;
    let deleted = 0;
    for (const [table, checkpoint] of Object.entries(checkpoints)) {
      deleted += await trimTable(db, table, checkpoint, isOver);
    }
    return deleted;
  } finally {
    db.close();
  }
}

const DELETE_SOME = `
  DELETE FROM _stream_records WHERE id IN (
    SELECT id FROM _stream_records
     WHERE table_name = :table
       AND CAST(sequence_number AS INTEGER) < :below
     ORDER BY CAST(sequence_number AS INTEGER)
     LIMIT ${ROWS_PER_TRANSACTION})`;

async function trimTable(
  db: DatabaseSync,
  table: string,
  checkpoint: string | null,
  isOver: () => boolean,
): Promise<number> {
  const below = lowestKept(db, table, checkpoint);
  if (below === undefined) return 0;
  const statement = db.prepare(DELETE_SOME);
  let deleted = 0;
  while (!isOver()) {
    const rows = unlessBusy(() => Number(statement.run({ table, below }).changes)) ?? 0;
    deleted += rows;
    if (rows < ROWS_PER_TRANSACTION) break;
    await delay(PAUSE_MS);
  }
  return deleted;
}

/** The sequence number at and above which everything stays. */
function lowestKept(
  db: DatabaseSync,
  table: string,
  checkpoint: string | null,
): bigint | undefined {
  const statement = db.prepare(
    `SELECT MAX(CAST(sequence_number AS INTEGER)) AS newest FROM _stream_records WHERE table_name = ?`,
  );
  statement.setReadBigInts(true);
  const newest = statement.get(table)?.['newest'];
  if (typeof newest !== 'bigint') return undefined;
  if (checkpoint === null) return newest;
  if (!/^\d{1,18}$/u.test(checkpoint)) return undefined;
  const reached = BigInt(checkpoint);
  return reached < newest ? reached : newest;
}
