import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

/** Of all tables together: what the readers of the streams have yet to pass is more. */
const TRIMMED_RECORDS = 100;
const TRIMMED_WITHIN_MS = 300_000;

/** Disk that a folder takes, as `du` counts it: whole blocks of every file and folder. */
export function diskBytesOf(path: string): number {
  const { blocks } = lstatSync(path);
  const inside = lstatSync(path).isDirectory() ? readdirSync(path) : [];
  return inside.reduce((total, name) => total + diskBytesOf(join(path, name)), blocks * 512);
}

/** Waits until the stack itself has trimmed the streams and given the space back. */
export async function untilTrimmed(dataDir: string): Promise<void> {
  const deadline = performance.now() + TRIMMED_WITHIN_MS;
  for (;;) {
    const { records, freePages } = contentsOf(join(dataDir, 'dynamodb.db'));
    if (records <= TRIMMED_RECORDS && freePages === 0) return;
    if (performance.now() > deadline) {
      throw new Error(`${records} stream records and ${freePages} free pages are still there`);
    }
    await delay(1000);
  }
}

function contentsOf(file: string): { readonly records: number; readonly freePages: number } {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    const records = database.prepare('SELECT count(*) AS n FROM _stream_records').get()?.['n'];
    const freePages = database.prepare('PRAGMA freelist_count').get()?.['freelist_count'];
    return { records: Number(records), freePages: Number(freePages) };
  } finally {
    database.close();
  }
}

/** Bytes of each part of a data folder, the largest first. */
export function partsOf(dataDir: string): readonly (readonly [name: string, bytes: number])[] {
  return readdirSync(dataDir)
    .filter((name) => existsSync(join(dataDir, name)))
    .map((name) => [name, diskBytesOf(join(dataDir, name))] as const)
    .sort(([, a], [, b]) => b - a);
}
