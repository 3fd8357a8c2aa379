import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { finishSwap } from '../restore/swap.js';
import { isDataFolder } from './data-format.js';
import { CannotStartError } from './options.js';

const LOCK = 'lock.db';

/** The folder that holds everything; while it is open, no second stack can use it. */
export class DataFolder {
  private constructor(
    readonly path: string,
    private readonly lock: DatabaseSync,
  ) {}

  /** Throws CannotStartError when another stack holds the folder, or when it cannot be kept private. */
  static open(path: string, reset: boolean): DataFolder {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    closeToOthers(path);
    const lock = lockOrRefuse(path);
    // A restore that was broken off had been checked and agreed to.
    finishSwap(path);
    if (reset) empty(path);
    else closeFilesToOthers(path);
    return new DataFolder(path, lock);
  }

  close(): void {
    this.lock.close();
  }
}

/** SQLite's lock is the kernel's: it ends with the process, however that ends, and is never stale. */
function lockOrRefuse(path: string): DatabaseSync {
  const lock = new DatabaseSync(join(path, LOCK));
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    lock.close();
    throw new CannotStartError(
      `Another SensorFlow is running on ${path}. Stop it first, or set SENSORFLOW_DATA_DIR to another folder.`,
      { cause },
    );
  }
}

/** It holds secrets. A folder of somebody else's files is not ours to close, nor safe to use open. */
function closeToOthers(path: string): void {
  if ((statSync(path).mode & 0o077) === 0) return;
  if (readdirSync(path).length > 0 && !isDataFolder(path)) {
    throw new CannotStartError(
      `Other users have access to ${path}, and it has files that are not SensorFlow's. Set SENSORFLOW_DATA_DIR to another folder.`,
    );
  }
  try {
    chmodSync(path, 0o700);
  } catch (cause) {
    throw new CannotStartError(
      `Other users have access to ${path}, and its permissions cannot be changed.`,
      {
        cause,
      },
    );
  }
}

/** Files of an earlier version may still be open: they would stay so, were the folder ever moved or opened. */
function closeFilesToOthers(path: string): void {
  if (!isDataFolder(path)) return;
  for (const name of readdirSync(path)) {
    const file = join(path, name);
    const stats = lstatSync(file);
    if (stats.isFile() && (stats.mode & 0o077) !== 0) chmodSync(file, 0o600);
  }
}

/** Empties only what carries our mark: a mistyped folder must not lose its files. */
function empty(path: string): void {
  const names = readdirSync(path).filter((name) => !name.startsWith(LOCK));
  if (names.length > 0 && !isDataFolder(path)) {
    throw new CannotStartError(
      `${path} has files that are not SensorFlow's, so --reset does not delete it.`,
    );
  }
  for (const name of names) rmSync(join(path, name), { recursive: true, force: true });
}
