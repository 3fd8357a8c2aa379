import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The whole of a benchmark's program: exits with what `main` answers, 0 unless it says, and with 1 when it throws. */
export async function runToTheEnd(
  what: string,
  main: () => Promise<number | void>,
): Promise<never> {
  let exitCode = 1;
  try {
    exitCode = (await main()) ?? 0;
  } catch (error) {
    process.stderr.write(`${what} ended early. ${String(error)}\n`);
  }
  process.exit(exitCode);
}

/** Keeps a report in bench/results. */
export function keepResult(file: string, text: string): void {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), `${text}\n`);
}
