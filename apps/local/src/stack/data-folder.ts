import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CannotStartError } from './options.js';

const LOCK = 'lock.db';

/** The folder that holds everything; while it is open, no second stack can use it. */
export class DataFolder {
  private constructor(
    readonly path: string,
    private readonly lock: DatabaseSync,
  ) {}

  /** Throws CannotStartError when another stack holds the folder. */
  static open(path: string, reset: boolean): DataFolder {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const lock = lockOrRefuse(path);
    if (reset) empty(path);
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

/** Empties only what carries our mark: a mistyped folder must not lose its files. */
function empty(path: string): void {
  const names = readdirSync(path).filter((name) => !name.startsWith(LOCK));
  if (names.length > 0 && !existsSync(join(path, 'installation.json'))) {
    throw new CannotStartError(
      `${path} holds files that are not SensorFlow's; --reset leaves it alone.`,
    );
  }
  for (const name of names) rmSync(join(path, name), { recursive: true, force: true });
}
