import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface CommandEnd {
  readonly exitCode: number;
  readonly printed: string;
}

/** Runs a built program of `dist/apps` without a terminal. Its only environment is the one given. */
export async function runBuilt(
  program: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<CommandEnd> {
  const main = fileURLToPath(new URL(`../../dist/apps/${program}`, import.meta.url));
  const env = { PATH: process.env['PATH'], SENSORFLOW_ENV_FILE: 'none', ...variables };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], { env }, (_error, out, faults) => {
      resolve({ exitCode: child.exitCode ?? -1, printed: out + faults });
    });
    child.stdin?.end();
  });
}
