import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { RefusedError } from '@sensorflow/platform/terminal/command.js';

const BUSY_TIMEOUT_MS = 10_000;

/**
 * Copies a SQLite database as it is at one moment, while others write to it: VACUUM INTO reads one
 * snapshot, and in WAL mode no writer waits for it. The copy is not yet durable when this returns.
 */
export function copyDatabase(from: string, to: string): void {
  const database = new DatabaseSync(from, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.prepare('VACUUM INTO ?').run(to);
  } finally {
    database.close();
  }
  chmodSync(to, 0o600);
}

/** Table → rows. Throws RefusedError when SQLite finds the database damaged. */
export function checkedRows(file: string): Readonly<Record<string, number>> {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    requireIntegrity(database);
    const tables = database
      .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`)
      .all()
      .map(({ name }) => String(name));
    return Object.fromEntries(tables.map((table) => [table, rowsIn(database, table)]));
  } catch (cause) {
    throw new RefusedError(`${file} is damaged: ${messageOf(cause)}`, { cause });
  } finally {
    database.close();
  }
}

function requireIntegrity(database: DatabaseSync): void {
  const [first] = database.prepare('PRAGMA integrity_check(1)').all();
  const verdict = first?.['integrity_check'];
  if (verdict !== 'ok') throw new Error(String(verdict));
}

function rowsIn(database: DatabaseSync, table: string): number {
  const quoted = `"${table.replaceAll('"', '""')}"`;
  return Number(database.prepare(`SELECT count(*) AS rows FROM ${quoted}`).get()?.['rows']);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
