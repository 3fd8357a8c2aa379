import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RefusedError } from '@sensorflow/platform/terminal/command.js';

/** What a backup holds, so that a damaged or half-copied one is found before it is needed. */
export interface Manifest {
  /** Of the data folder that it was taken from. */
  readonly format: number;
  /** When it began: everything acknowledged until then is in it. */
  readonly takenAt: string;
  readonly files: readonly BackedUpFile[];
  /** Database → table → rows. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface BackedUpFile {
  /** Inside the backup, with `/` between folders. */
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

export const MANIFEST = 'backup.json';

/** Throws RefusedError when the folder holds no backup. */
export function readManifest(folder: string): Manifest {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'));
    if (isManifest(manifest)) return manifest;
  } catch (cause) {
    throw new RefusedError(`${folder} is not a backup: its ${MANIFEST} cannot be read.`, { cause });
  }
  throw new RefusedError(`${folder} is not a backup: its ${MANIFEST} has other content.`);
}

/** Paths come from a file that others may have written: none may lead out of the folder. */
function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  const { format, takenAt, files, rows }: Partial<Record<keyof Manifest, unknown>> = value;
  return (
    typeof format === 'number' &&
    typeof takenAt === 'string' &&
    typeof rows === 'object' &&
    rows !== null &&
    Array.isArray(files) &&
    files.every(isBackedUpFile)
  );
}

function isBackedUpFile(value: unknown): value is BackedUpFile {
  if (typeof value !== 'object' || value === null) return false;
  const { path, bytes, sha256 }: Partial<Record<keyof BackedUpFile, unknown>> = value;
  return (
    typeof path === 'string' &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') &&
    typeof bytes === 'number' &&
    typeof sha256 === 'string'
  );
}

/** In hexadecimal; reads the file piece by piece. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
