import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startPythonServer, type PythonServer } from './start-python-server.js';

/** For the server and for what is asked of it: none of them is anybody's. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** Starts a server in a temporary folder of its own, and hands it over; answers how to stop it. */
export async function startImplementation(
  server: Omit<PythonServer, 'python' | 'folder'>,
  use: () => void | Promise<void>,
): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(prepared('INDEPENDENT_TEMPORARY'), server.module));
  const started = await startPythonServer({
    ...server,
    python: prepared('INDEPENDENT_PYTHON'),
    folder,
  });
  const stop = async () => {
    await started.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await use();
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** What scripts/independent.mjs made. */
export function prepared(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error('This tier is run by `npm run test:independent`.');
  return value;
}
