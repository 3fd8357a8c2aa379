import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { constants, copyFile, mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RefusedError } from '@sensorflow/platform/terminal/command.js';
import { writeFileDurably } from '../lambda/write-file-durably.js';
import { formatOf, isDataFolder } from '../stack/data-format.js';
import { checkedRows, copyDatabase } from './database-copy.js';
import { MANIFEST, sha256Of, type BackedUpFile, type Manifest } from './manifest.js';
import { sync, syncTree } from './sync-tree.js';

/**
 * Databases in the order in which they are copied. What a later one holds may be newer: an upload that is in
 * the queue again is imported once all the same, and stream records beyond a checkpoint are folded once.
 */
const STORE = 'dynamodb.db';
const DATABASES = ['s3.db', 'cognito.db', STORE];
const CHECKPOINTS = 'checkpoints';
const OBJECTS = 's3';
/** What the next start makes anew, and what is no part of the data. */
const LEFT_OUT =
  /^(lock\.db.*|local\.json|logs|replac(ed-.*|ing)|restor(ed|ing))$|-(wal|shm)$|\.tmp$/u;
/** Each finds the files of the one before it: only what was replaced meanwhile is missing. */
const ATTEMPTS_AT_OBJECTS = 10;

/**
 * Copies a data folder while its stack runs and writes, and checks the copy: everything acknowledged before
 * the call is in it. `to` is made, and is there only when all is durable. Throws RefusedError.
 */
export async function takeBackup(dataDir: string, to: string): Promise<Manifest> {
  requireSource(dataDir);
  requireFree(to, dataDir);
  const draft = join(dirname(to), `.${basename(to)}.part`);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  try {
    const takenAt = new Date().toISOString();
    await copyAll(dataDir, draft);
    const manifest = await described(draft, takenAt, formatOf(dataDir));
    await writeFileDurably(join(draft, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    await rename(draft, to);
    await sync(dirname(to));
    return manifest;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

function requireSource(dataDir: string): void {
  if (isDataFolder(dataDir)) return;
  throw new RefusedError(
    `${dataDir} has no data of SensorFlow. Set SENSORFLOW_DATA_DIR to the data folder.`,
  );
}

function requireFree(to: string, dataDir: string): void {
  const fromData = relative(resolve(dataDir), resolve(to));
  if (fromData !== '..' && !fromData.startsWith(`..${sep}`)) {
    throw new RefusedError(`${to} is inside the data folder. Choose a folder outside it.`);
  }
  if (existsSync(to)) throw new RefusedError(`${to} exists already. Choose a new folder.`);
}

async function copyAll(dataDir: string, draft: string): Promise<void> {
  await copyUploads(dataDir, draft);
  copyDatabase(join(dataDir, 'cognito.db'), join(draft, 'cognito.db'));
  // Older than the records that they point into: those are then delivered again, and none is left out. Directly
  // before them, because the stack trims what has been delivered.
  copyIfThere(dataDir, draft, CHECKPOINTS);
  copyDatabase(join(dataDir, STORE), join(draft, STORE));
  const taken = new Set([...DATABASES, CHECKPOINTS, OBJECTS]);
  for (const name of readdirSync(dataDir)) {
    if (!taken.has(name) && !LEFT_OUT.test(name)) copyIfThere(dataDir, draft, name);
  }
}

function copyIfThere(dataDir: string, draft: string, name: string): void {
  const from = join(dataDir, name);
  if (!existsSync(from)) return;
  cpSync(from, join(draft, name), {
    recursive: true,
    // A file that is being replaced: its old or its new self is copied.
    filter: (source) => !source.endsWith('.tmp'),
  });
}

/** The database names the files of its objects. One that is replaced meanwhile takes its file along: again. */
async function copyUploads(dataDir: string, draft: string): Promise<void> {
  const database = join(draft, 's3.db');
  for (let attempt = 1; attempt <= ATTEMPTS_AT_OBJECTS; attempt += 1) {
    rmSync(database, { force: true });
    copyDatabase(join(dataDir, 's3.db'), database);
    const files = objectFilesIn(database);
    if (await copyObjects(files, join(dataDir, OBJECTS), join(draft, OBJECTS))) return;
  }
  throw new RefusedError('Uploads are replaced faster than they can be copied. Try again later.');
}

/** Paths inside the folder of objects. */
function objectFilesIn(file: string): readonly string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = database.prepare('SELECT bucket, file FROM objects').all();
    return rows.map((row) => join(String(row['bucket']), String(row['file'])));
  } finally {
    database.close();
  }
}

/** Whether all were still there. A file never changes, so that what is copied stays. */
async function copyObjects(files: readonly string[], from: string, to: string): Promise<boolean> {
  for (const file of files) {
    const copy = join(to, file);
    if (existsSync(copy)) continue;
    await mkdir(dirname(copy), { recursive: true, mode: 0o700 });
    try {
      await copyFile(join(from, file), copy, constants.COPYFILE_FICLONE);
    } catch (error) {
      rmSync(copy, { force: true });
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    }
  }
  return true;
}

/** Makes everything durable, and reads it again. */
async function described(folder: string, takenAt: string, format: number): Promise<Manifest> {
  const files: BackedUpFile[] = [];
  for (const path of await syncTree(folder)) {
    const name = relative(folder, path).split(sep).join('/');
    files.push({ path: name, bytes: statSync(path).size, sha256: await sha256Of(path) });
  }
  const rows = DATABASES.map((name) => [name, checkedRows(join(folder, name))] as const);
  return { format, takenAt, files, rows: Object.fromEntries(rows) };
}
