import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const END_WITH_PARENT = join(import.meta.dirname, 'end-with-parent.ts');
const READY_WITHIN_MS = 20_000;
const END_WITHIN_MS = 5000;

export interface Program {
  readonly name: string;
  /** For node: flags, file, arguments. */
  readonly command: readonly string[];
  /** Undefined leaves the choice to the operating system. */
  readonly core: number | undefined;
  readonly variables?: Readonly<Record<string, string>>;
  /** Takes its standard output; without one it is thrown away. */
  readonly outputFile?: string;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Asks the process to end, waits, and forces it in the end. */
  stop(): Promise<void>;
  /** Resolves with the exit code when the process ends by itself. */
  readonly ended: Promise<number>;
}

/** The processes that the benchmark started and nothing else: ended by their pid, also on Ctrl-C. */
export class Children {
  private readonly running = new Set<ChildProcess>();

  constructor() {
    process.once('exit', () => this.killAll());
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => process.exit(130));
    }
  }

  start(program: Program): Child {
    const output = program.outputFile === undefined ? 'ignore' : openSync(program.outputFile, 'a');
    const node = [process.execPath, '--import', END_WITH_PARENT, ...program.command];
    const pinned =
      program.core === undefined ? node : ['taskset', '-c', `${program.core}`, ...node];
    const [file = '', ...args] = pinned;
    const child = spawn(file, args, {
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', NODE_ENV: 'production', ...program.variables },
      stdio: ['pipe', output, 'inherit'],
    });
    if (typeof output === 'number') closeSync(output);
    this.running.add(child);
    const ended = once(child, 'exit').then(([code]: unknown[]) => {
      this.running.delete(child);
      return typeof code === 'number' ? code : -1;
    });
    const { pid = -1 } = child;
    return { name: program.name, pid, ended, stop: () => stop(child, ended) };
  }

  /** At once and without asking. */
  killAll(): void {
    for (const child of this.running) child.kill('SIGKILL');
  }
}

async function stop(child: ChildProcess, ended: Promise<number>): Promise<void> {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
  await ended;
  clearTimeout(force);
}

/** Waits until something listens there. Throws when the process ends first, or takes too long. */
export async function waitForPort(port: number, child: Child): Promise<void> {
  const gone = child.ended.then((code) => {
    throw new Error(`${child.name} ended with ${code} before it listened`);
  });
  gone.catch(() => undefined);
  await Promise.race([gone, pollPort(port, child.name)]);
}

async function pollPort(port: number, name: string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    if (await listens(port)) return;
    await delay(50);
  }
  throw new Error(`${name} does not listen on port ${port}`);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
