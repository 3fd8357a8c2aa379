import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { unlessBusy } from './unless-busy.js';

const INCREMENTAL = 2;
/** 2 MB at a time: whoever writes meanwhile waits for that long and no longer. */
const PAGES_PER_TRANSACTION = 500;
const BUSY_TIMEOUT_MS = 200;
const PAUSE_MS = 20;
/** SQLite uses the log of writes again from its start at about 4 MB; only bursts make it larger. */
const LOG_KEPT_BYTES = 5 * 2 ** 20;

/**
 * Makes a database file that can become smaller, before dynoxide makes its tables in it. SQLite takes this only for
 * a file without tables: one that is there already is left as it is, and uses freed pages again.
 */
export function createShrinkableDatabase(dbPath: string): void {
  if (existsSync(dbPath)) return;
  const db = new DatabaseSync(dbPath);
  try {
    db.exec(`
      PRAGMA auto_vacuum = ${INCREMENTAL};
      PRAGMA journal_mode = WAL;
      CREATE TABLE header (written INTEGER);
      DROP TABLE header;
    `);
  } finally {
    db.close();
  }
}

/**
 * Gives freed pages and the log of writes back to the file system, while the store runs. Stops early when the store
 * is busy, or when told to.
 */
export async function reclaimSpace(
  dbPath: string,
  isOver: () => boolean = () => false,
): Promise<void> {
  const db = new DatabaseSync(dbPath, { timeout: BUSY_TIMEOUT_MS });
  try {
    if (pragma(db, 'auto_vacuum') === INCREMENTAL) await releasePages(db, isOver);
    if (bytesOf(`${dbPath}-wal`) > LOG_KEPT_BYTES && !isOver()) {
      unlessBusy(() => db.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    }
  } finally {
    db.close();
  }
}

async function releasePages(db: DatabaseSync, isOver: () => boolean): Promise<void> {
  for (let free = freePages(db); free > 0 && !isOver();) {
    unlessBusy(() => db.exec(`PRAGMA incremental_vacuum(${PAGES_PER_TRANSACTION})`));
    const left = freePages(db);
    if (left >= free) return;
    free = left;
    await delay(PAUSE_MS);
  }
}

function freePages(db: DatabaseSync): number {
  return pragma(db, 'freelist_count');
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
