import { readFileSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigurationError, readEnvFileEnvironment } from './environment.js';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The file that holds variables beside the environment: `.env` of the current folder, if there is one, or what
 * SENSORFLOW_ENV_FILE names. Undefined for none. Throws ConfigurationError for a named file that is not there.
 */
export function envFileOf(variables: Variables): string | undefined {
  const { SENSORFLOW_ENV_FILE: file } = readEnvFileEnvironment(variables);
  if (file === 'none') return undefined;
  // A folder of this name is somebody's Python.
  if (statSync(file, { throwIfNoEntry: false })?.isFile()) return file;
  if (variables['SENSORFLOW_ENV_FILE'] === undefined) return undefined;
  throw new ConfigurationError([`SENSORFLOW_ENV_FILE: there is no file ${file}`]);
}

/** The variables, and for those that are not set what the file says. Throws what `envFileOf` and reading it throw. */
export function withEnvFile(variables: Variables): Variables {
  const file = envFileOf(variables);
  return file === undefined ? variables : { ...parseEnv(readFileSync(file, 'utf8')), ...variables };
}
