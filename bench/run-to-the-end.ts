import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RefusedError, UsageError } from '../libs/platform/src/terminal/command.ts';

/**
 * The whole of a benchmark's program: exits with what `main` answers, 0 unless it says, and with 1 when it throws; with
 * 2 for arguments that make no sense.
 */
export async function runToTheEnd(
  what: string,
  main: () => Promise<number | void>,
): Promise<never> {
  let exitCode = 1;
  try {
    exitCode = (await main()) ?? 0;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const isWorded = isUsage || error instanceof RefusedError;
    const words = isWorded ? error.message : `${what} ended early. ${String(error)}`;
    process.stderr.write(`${words}\n`);
    if (isUsage) exitCode = 2;
  }
  process.exit(exitCode);
}

/** Keeps a report in bench/results. */
export function keepResult(file: string, text: string): void {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), `${text}\n`);
}
