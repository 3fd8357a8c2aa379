import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStartError } from './options.js';

/** Raised with every change of the data folder that an earlier version cannot read. */
export const DATA_FORMAT = 1;

const INSTALLATION = 'installation.json';

export function isDataFolder(path: string): boolean {
  return existsSync(join(path, INSTALLATION));
}

/**
 * The number in the folder's installation file. A folder from before there was one counts as the first format:
 * what is older still is refused where its tables are looked at. Throws CannotStartError when it cannot be read.
 */
export function formatOf(path: string): number {
  try {
    const installation: unknown = JSON.parse(readFileSync(join(path, INSTALLATION), 'utf8'));
    if (typeof installation !== 'object' || installation === null) throw new TypeError('no object');
    if (!('format' in installation)) return 1;
    if (Number.isInteger(installation.format)) return Number(installation.format);
    throw new TypeError('format is no number');
  } catch (cause) {
    throw damagedInstallation(path, cause);
  }
}

export function damagedInstallation(path: string, cause?: unknown): CannotStartError {
  return new CannotStartError(
    `${join(path, INSTALLATION)} is damaged. Nothing was changed. Restore a backup (npm run restore), or set SENSORFLOW_DATA_DIR to another folder.`,
    { cause },
  );
}

/** Throws CannotStartError for what only a later version can read. */
export function requireKnownFormat(format: number, place: string): void {
  if (format <= DATA_FORMAT) return;
  throw new CannotStartError(
    `${place} has format ${format}, but this version reads only formats up to ${DATA_FORMAT}. Nothing was changed. Use the version that wrote it, or a later one.`,
  );
}
