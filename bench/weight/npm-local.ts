import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Announcement } from '../embedded-stack.ts';
import { freePort } from '../free-port.ts';

const READY_WITHIN_MS = 600_000;

export interface NpmLocal {
  readonly announcement: Announcement;
  readonly pid: number;
  /** From typing the command to its word that it is ready. */
  readonly readyAfterSeconds: number;
  /** As Ctrl-C does. */
  stop(): Promise<void>;
}

export interface NpmLocalOptions {
  /** The checkout in which it is typed. */
  readonly cwd: string;
  readonly dataDir: string;
  /** Whether what is missing is installed and built first, as for a user. */
  readonly makeReady: boolean;
}

/** Types `npm run local` and waits until it says that it is ready. Throws with what it printed. */
export async function startByNpm(options: NpmLocalOptions): Promise<NpmLocal> {
  const startedAt = performance.now();
  const port = await freePort();
  const args = ['run', '--silent', ...(options.makeReady ? [] : ['--ignore-scripts']), 'local'];
  const child = spawn('npm', args, {
    cwd: options.cwd,
    env: {
      PATH: pathWithoutOurs(),
      HOME: process.env['HOME'],
      SENSORFLOW_DATA_DIR: options.dataDir,
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  process.once('exit', () => child.kill('SIGTERM'));
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
  }
  while (!printed.includes('SensorFlow is ready at')) {
    const isLate = performance.now() - startedAt > READY_WITHIN_MS;
    if (child.exitCode !== null || isLate) throw new Error(`npm run local: ${printed}`);
    await delay(20);
  }
  const readyAfterSeconds = (performance.now() - startedAt) / 1000;
  const announcement = JSON.parse(
    readFileSync(join(options.dataDir, 'local.json'), 'utf8'),
  ) as Announcement;
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  };
  return { announcement, pid: child.pid ?? 0, readyAfterSeconds, stop };
}

/** npm puts the programs of this checkout first, among them its Node; a user of the command has another one. */
function pathWithoutOurs(): string {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.filter((folder) => !folder.includes('node_modules')).join(':');
}
