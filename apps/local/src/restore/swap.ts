import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
} from 'node:fs';
import { join } from 'node:path';

/** Where a restored folder is made ready, beside the data that is there. */
export const STAGING = 'restoring';
const STAGED = 'restored';
const OUTGOING = 'replacing';
/** What stays where it is whatever is restored. */
const STAYS = /^(lock\.db.*|restoring|restored|replacing|replaced-.*)$/u;

/** From here on the staged folder takes the place of the present one, also over a crash. */
export function beginSwap(dataDir: string): void {
  mkdirSync(join(dataDir, OUTGOING), { mode: 0o700 });
  syncFolder(dataDir);
}

export function isSwapping(dataDir: string): boolean {
  return existsSync(join(dataDir, OUTGOING));
}

/**
 * Goes on with a swap wherever it broke off; does nothing when none has begun. Whoever calls holds the folder.
 * Answers the folder that the earlier data lies in, if there was any.
 */
export function finishSwap(dataDir: string): string | undefined {
  if (!isSwapping(dataDir)) return undefined;
  const staging = join(dataDir, STAGING);
  const staged = join(dataDir, STAGED);
  const outgoing = join(dataDir, OUTGOING);
  if (existsSync(staging)) {
    moveAll(dataDir, outgoing);
    renameSync(staging, staged);
    syncFolder(dataDir);
  }
  if (existsSync(staged)) {
    moveAll(staged, dataDir);
    rmdirSync(staged);
  }
  return putAside(dataDir, outgoing);
}

function putAside(dataDir: string, outgoing: string): string | undefined {
  if (readdirSync(outgoing).length === 0) {
    rmdirSync(outgoing);
    return undefined;
  }
  const aside = join(dataDir, `replaced-${new Date().toISOString().replaceAll(':', '.')}`);
  renameSync(outgoing, aside);
  syncFolder(dataDir);
  return aside;
}

function moveAll(from: string, to: string): void {
  for (const name of readdirSync(from)) {
    if (!STAYS.test(name)) renameSync(join(from, name), join(to, name));
  }
  syncFolder(to);
  syncFolder(from);
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
