import { DomainError } from '@sensorflow/kernel';
import { ConfigurationError } from '@sensorflow/platform/config/environment.js';

/** In words, what a person at the terminal can do something about; undefined for a fault of ours. */
export function terminalFault(error: unknown): string | undefined {
  if (error instanceof DomainError || error instanceof ConfigurationError) return error.message;
  return isOfTheSystem(error) ? error.message : undefined;
}

/** A full disk, a folder that is not ours: the system's own words name the path. */
function isOfTheSystem(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return 'syscall' in error || error.code === 'ERR_SQLITE_ERROR';
}
