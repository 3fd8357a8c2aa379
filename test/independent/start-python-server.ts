import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const RUN_UNTIL_STDIN_CLOSES = join(import.meta.dirname, 'run_until_stdin_closes.py');
const READY_TIMEOUT_MS = 60_000;

/** A server in Python that ends, with all that it started, when it is stopped or when this process ends. */
export interface RunningPythonServer {
  readonly url: string;
  printed(): string;
  stop(): Promise<void>;
}

export interface PythonServer {
  readonly python: string;
  readonly module: string;
  readonly args?: readonly string[];
  readonly url: string;
  /** Answers 200 once the server is ready. */
  readonly readyPath: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Also its folder for temporary files. */
  readonly folder: string;
}

/** Ready for requests when it resolves. */
export async function startPythonServer(server: PythonServer): Promise<RunningPythonServer> {
  const { python, module, args = [], url, folder, variables } = server;
  const child = spawn(python, [RUN_UNTIL_STDIN_CLOSES, module, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], TMPDIR: folder, ...variables },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-100_000);
    });
  }
  const giveUpAt = Date.now() + READY_TIMEOUT_MS;
  const stop = async () => {
    child.stdin.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  while (!(await answers(`${url}${server.readyPath}`))) {
    if (child.exitCode !== null) throw new Error(`${module} ended:\n${printed}`);
    if (Date.now() > giveUpAt) {
      await stop();
      throw new Error(`${module} is not ready:\n${printed}`);
    }
    await delay(50);
  }
  return { url, printed: () => printed, stop };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
