import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Announcement } from '../../apps/local/src/stack/announcement.js';
import { freePort } from '../../bench/free-port.ts';
import { processTree } from '../../bench/process-tree.ts';
import { eventually } from './api-client.js';

/** The built embedded stack in processes of its own, as `npm run local` starts it. */
export class LocalStack {
  private constructor(
    readonly announcement: Announcement,
    readonly dataDir: string,
    readonly port: number,
    readonly readyAfterMs: number,
    private readonly process: { readonly child: ChildProcess; readonly printed: () => string },
  ) {}

  static async start(options: StackStart = {}): Promise<LocalStack> {
    const dataDir = options.dataDir ?? temporaryFolder();
    const port = options.port ?? (await freePort());
    const startedAt = performance.now();
    const { child, printed } = spawnStack(dataDir, port, options);
    while (!printed().includes('SensorFlow is ready at')) {
      if (child.exitCode !== null) throw new Error(`the stack ended: ${printed()}`);
      await delay(10);
    }
    const readyAfterMs = performance.now() - startedAt;
    const announcement: Announcement = JSON.parse(
      readFileSync(join(dataDir, 'local.json'), 'utf8'),
    );
    return new LocalStack(announcement, dataDir, port, readyAfterMs, { child, printed });
  }

  /** All processes of the stack: the supervisor and everything that descends from it. */
  processIds(): readonly number[] {
    return processTree(this.process.child.pid ?? 0);
  }

  output(): string {
    return this.process.printed();
  }

  /** As Ctrl-C does; answers the exit code. */
  async interrupt(): Promise<number | null> {
    this.process.child.kill('SIGINT');
    return this.exit();
  }

  /** As a supervisor or the stop button of an editor does: only the process that was started is told. */
  async terminate(): Promise<void> {
    this.process.child.kill('SIGTERM');
    await this.exit();
  }

  /** Kills all of it, and starts another on the same folder and port. */
  async killAndRestart(): Promise<LocalStack> {
    const { dataDir, port } = this;
    await this.killEverything();
    return LocalStack.start({ dataDir, port });
  }

  /** As a power cut does: no process can finish anything. */
  async killEverything(): Promise<void> {
    for (const pid of this.processIds()) kill(pid);
    await this.exit();
  }

  /** Only the supervisor dies; what it started must notice. */
  async killSupervisor(): Promise<void> {
    this.process.child.kill('SIGKILL');
    await this.exit();
  }

  async stopAndForget(): Promise<void> {
    await this.interrupt();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private async exit(): Promise<number | null> {
    if (this.process.child.exitCode === null && this.process.child.signalCode === null) {
      await once(this.process.child, 'exit');
    }
    return this.process.child.exitCode;
  }
}

export interface StackStart {
  readonly dataDir?: string;
  readonly port?: number;
  readonly variables?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** By `npm run local`, without the build that comes before it. */
  readonly byNpm?: boolean;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(ROOT, 'dist/apps/local/src/main.js');
/** Ends the stack when the tests that started it are gone, however they went. */
const END_WITH_SUPERVISOR = new URL(
  '../../dist/apps/local/src/end-with-supervisor.js',
  import.meta.url,
).href;

/** For starts that are expected to fail: answers what was printed and the exit code. */
export async function failedStart(
  options: StackStart,
): Promise<{ readonly exitCode: number | null; readonly printed: string }> {
  const dataDir = options.dataDir ?? temporaryFolder();
  const port = options.port ?? (await freePort());
  const { child, printed } = spawnStack(dataDir, port, options);
  await once(child, 'close');
  return { exitCode: child.exitCode, printed: printed() };
}

const BUILT = [process.execPath, '--import', END_WITH_SUPERVISOR, MAIN] as const;
const BY_NPM = ['npm', 'run', '--silent', '--ignore-scripts', 'local', '--'] as const;

function spawnStack(
  dataDir: string,
  port: number,
  { variables = {}, args = [], byNpm = false }: StackStart,
) {
  const [program, ...programArgs] = byNpm ? BY_NPM : BUILT;
  const child = spawn(program, [...programArgs, ...args], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      SENSORFLOW_ENV_FILE: 'none',
      SENSORFLOW_DATA_DIR: dataDir,
      PORT: String(port),
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return { child, printed: () => text };
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'sensorflow-'));
}

export function isAlive(pid: number): boolean {
  try {
    // A zombie waits for its parent to notice; it runs no more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Those that still run when all had the time to end: none, or it throws. */
export async function survivorsOf(processes: readonly number[]): Promise<readonly number[]> {
  return eventually(
    async () => processes.filter(isAlive),
    ({ length }) => length === 0,
    10_000,
  );
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
