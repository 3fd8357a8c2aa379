import { existsSync, readdirSync, rmSync } from 'node:fs';
import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RefusedError } from '@sensorflow/platform/terminal/command.js';
import { DataFolder } from '../stack/data-folder.js';
import { isDataFolder, requireKnownFormat } from '../stack/data-format.js';
import {
  accessIn,
  carryOverAccess,
  type KnownAccess,
  type StoreProgram,
} from './carry-over-access.js';
import { checkedRows } from '../backup/database-copy.js';
import { readManifest, sha256Of, type Manifest } from '../backup/manifest.js';
import { beginSwap, finishSwap, isSwapping, STAGING } from './swap.js';
import { syncTree } from '../backup/sync-tree.js';

export interface Restored {
  readonly manifest: Manifest;
  /** Where the data lies that was there before. */
  readonly replaced: string | undefined;
}

/**
 * Puts a backup in the place of a data folder. The data that is there is kept beside it; keys that were revoked
 * and people who were disabled or moved since the backup stay so. Nothing changes before the backup has been
 * read whole and found sound. Throws RefusedError for a backup that is damaged, CannotStartError for a
 * folder in use. `confirmed` is asked with what cannot be taken back, and throws when the answer is no.
 */
export async function restoreBackup(
  from: string,
  dataDir: string,
  program: StoreProgram,
  confirmed: (consequences: string) => Promise<void>,
): Promise<Restored> {
  const manifest = readManifest(from);
  requireKnownFormat(manifest.format, from);
  const folder = DataFolder.open(dataDir, false);
  const staging = join(dataDir, STAGING);
  try {
    requireOurs(dataDir);
    rmSync(staging, { recursive: true, force: true });
    await copyChecked(from, staging, manifest);
    const known = await accessIn(dataDir, staging, program);
    await confirmed(consequencesOf(manifest, dataDir, known));
    await carryOverAccess(known, staging, program);
    await syncTree(staging);
    beginSwap(dataDir);
    return { manifest, replaced: finishSwap(dataDir) };
  } catch (error) {
    // A swap that has begun goes on at the next start; before that, nothing has changed.
    if (!isSwapping(dataDir)) rmSync(staging, { recursive: true, force: true });
    throw error;
  } finally {
    folder.close();
  }
}

function requireOurs(dataDir: string): void {
  const others = readdirSync(dataDir).filter((name) => !name.startsWith('lock.db'));
  if (others.length === 0 || isDataFolder(dataDir)) return;
  if (others.every((name) => name === STAGING || name.startsWith('replaced-'))) return;
  throw new RefusedError(`${dataDir} has files that are not SensorFlow's, so it was not changed.`);
}

function consequencesOf(
  { takenAt }: Manifest,
  dataDir: string,
  known: KnownAccess | undefined,
): string {
  const replaces = isDataFolder(dataDir)
    ? `The data in ${dataDir} will be kept aside, and the data of ${takenAt} will replace it. Everybody will have to log in again. `
    : '';
  return known === undefined
    ? `${replaces}It is unknown which keys were revoked and which people were disabled since ${takenAt}. They will have access again.`
    : replaces.trimEnd();
}

async function copyChecked(from: string, to: string, manifest: Manifest): Promise<void> {
  for (const { path, bytes, sha256 } of manifest.files) {
    const [source, copy] = [join(from, path), join(to, path)];
    if (!existsSync(source)) throw damaged(from, `${path} is missing`);
    await mkdir(dirname(copy), { recursive: true, mode: 0o700 });
    await copyFile(source, copy);
    await chmod(copy, 0o600);
    if ((await sha256Of(copy)) !== sha256)
      throw damaged(from, `${path} has changed (it had ${bytes} bytes)`);
  }
  for (const [name, expected] of Object.entries(manifest.rows)) {
    if (JSON.stringify(checkedRows(join(to, name))) === JSON.stringify(expected)) continue;
    throw damaged(from, `${name} does not have the rows ${JSON.stringify(expected)}`);
  }
}

function damaged(from: string, fault: string): RefusedError {
  return new RefusedError(`The backup ${from} is damaged: ${fault}. Nothing was changed.`);
}
