import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * The one database of the embedded S3 and its queue: what an upload changes in both is one
 * transaction, so that no object is without its event and no event without its object.
 */
export class UploadsDatabase {
  constructor(readonly connection: DatabaseSync) {}

  /** All of `work` is durable when this returns; nothing of it stays when it throws. Not nested. */
  transaction<Result>(work: () => Result): Result {
    this.connection.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.connection.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk makes SQLite roll back by itself; a second rollback would hide that error.
      if (this.connection.isTransaction) this.connection.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.connection.close();
  }
}

/** Opens `<dataDir>/s3.db`, creating both. One process at a time: the caller holds the folder's lock. */
export function openUploadsDatabase(dataDir: string): UploadsDatabase {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const connection = new DatabaseSync(join(dataDir, 's3.db'), { timeout: 5000 });
  // In WAL mode only FULL syncs the log at each commit; NORMAL would lose acknowledged uploads.
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  return new UploadsDatabase(connection);
}
