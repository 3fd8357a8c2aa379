import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { DomainError } from '@sensorflow/kernel';

/**
 * Where the embedded DynamoDB's binary lies: `$DYNOXIDE_BIN`, else the package of this platform, else the PATH.
 * Throws `dynoxide-not-found` (unsupported) when there is none.
 */
export function findDynoxide(env: Readonly<Record<string, string | undefined>>): string {
  const named = env['DYNOXIDE_BIN'];
  if (named !== undefined && named !== '') return requireExecutable(named);
  const found = [packagedBinary(), ...binariesOnPath(env['PATH'] ?? '')].find(isExecutable);
  if (found === undefined)
    throw notFound('There is no package of the embedded DynamoDB for this platform.');
  return found;
}

const FILE_NAME = process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide';

/** The package has no `bin` entry, so that the only way in is its package.json. */
function packagedBinary(): string {
  const manifest = `@dynoxide/${process.platform}-${process.arch}/package.json`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(manifest)), FILE_NAME);
  } catch {
    return '';
  }
}

function binariesOnPath(path: string): string[] {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, FILE_NAME));
}

function requireExecutable(file: string): string {
  if (!isExecutable(file)) throw notFound(`DYNOXIDE_BIN is ${file}, but this file cannot be run.`);
  return file;
}

function isExecutable(file: string): boolean {
  if (file === '') return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function notFound(reason: string): DomainError {
  const advice =
    'Set DYNOXIDE_BIN to a dynoxide binary, or use the compose file (docker compose up).';
  return new DomainError('unsupported', 'dynoxide-not-found', `${reason} ${advice}`);
}
