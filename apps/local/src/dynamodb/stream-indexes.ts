import { DatabaseSync } from 'node:sqlite';

/** The private schema whose stream table we know; the package is pinned to it. */
const KNOWN_SCHEMA_VERSION = '9';
const KNOWN_COLUMNS = ['table_name', 'shard_id', 'sequence_number', 'created_at'];
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Adds the indexes that dynoxide's stream table lacks, once its schema exists; repeating it is harmless.
 * Without them each write scans the table's whole stream (measured: 421 writes/s falling to 134 within 22,000).
 * SQLite takes them because they index the very expressions that dynoxide queries.
 * Returns a warning, and changes nothing, when the schema is not the known one.
 */
export function addStreamIndexes(dbPath: string): string | undefined {
  const db = new DatabaseSync(dbPath, { timeout: BUSY_TIMEOUT_MS });
  try {
    const warning = schemaWarning(db);
    if (warning !== undefined) return warning;
    db.exec(`
      CREATE INDEX IF NOT EXISTS sf_stream_seq
        ON _stream_records(table_name, CAST(sequence_number AS INTEGER));
      CREATE INDEX IF NOT EXISTS sf_stream_shard
        ON _stream_records(table_name, shard_id, CAST(sequence_number AS INTEGER));
    `);
    return undefined;
  } finally {
    db.close();
  }
}

/** Why the database is none that we may touch, or undefined when it is the known one. */
export function schemaWarning(db: DatabaseSync): string | undefined {
  const version = schemaVersion(db);
  const columns = db.prepare(`SELECT name FROM pragma_table_info('_stream_records')`).all();
  const names = new Set(columns.map((column) => column['name']));
  if (version === KNOWN_SCHEMA_VERSION && KNOWN_COLUMNS.every((name) => names.has(name))) {
    return undefined;
  }
  return (
    `The embedded DynamoDB's schema is not the known one (version ${version ?? 'unknown'}, ` +
    `expected ${KNOWN_SCHEMA_VERSION}): its streams stay without index and will slow down.`
  );
}

function schemaVersion(db: DatabaseSync): string | undefined {
  const table = `SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_config'`;
  if (db.prepare(table).get() === undefined) return undefined;
  const row = db.prepare(`SELECT value FROM _config WHERE key = 'schema_version'`).get();
  return row === undefined ? undefined : String(row['value']);
}
