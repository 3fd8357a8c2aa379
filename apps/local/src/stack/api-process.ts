import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { apiInspector } from '../inspector.js';

export interface ApiProcessOptions {
  readonly entryFile: string;
  readonly preloadedFiles: readonly string[];
  readonly logFile: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly baseUrl: string;
}

/** A request that has not arrived whole by then never will; what was acknowledged is durable. */
const STOP_DEADLINE_MS = 4000;
const SOURCE_MAPS = new URL('../source-maps.js', import.meta.url).href;
const READY_DEADLINE_MS = 30_000;

/** The API as it runs anywhere else: its own process, configured by environment variables. */
export class ApiProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly options: ApiProcessOptions,
  ) {}

  static start(options: ApiProcessOptions): ApiProcess {
    const log = openSync(options.logFile, 'a', 0o600);
    const child = spawn(
      process.execPath,
      [
        ...apiInspector(),
        ...[SOURCE_MAPS, ...options.preloadedFiles].flatMap((file) => ['--import', file]),
        options.entryFile,
      ],
      {
        env: options.environment,
        // Its own process group: a Ctrl-C at the terminal must reach the supervisor alone.
        detached: true,
        stdio: ['ignore', log, log, 'ipc'],
      },
    );
    closeSync(log);
    return new ApiProcess(child, options);
  }

  /** Resolves when the process has ended, with the reason in words. */
  async ended(): Promise<string> {
    if (this.hasEnded()) return this.reason();
    await once(this.child, 'exit');
    return this.reason();
  }

  /** Resolves once the API says that it is ready. */
  async ready(): Promise<void> {
    const deadline = Date.now() + READY_DEADLINE_MS;
    while (Date.now() < deadline) {
      if (this.hasEnded())
        throw new Error(`the API ended: ${this.reason()}; see ${this.options.logFile}`);
      if (await this.saysReady()) return;
      await delay(25);
    }
    throw new Error(`the API did not become ready; see ${this.options.logFile}`);
  }

  async stop(): Promise<void> {
    if (this.hasEnded()) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const inTime = await Promise.race([exit.then(() => true), delay(STOP_DEADLINE_MS, false)]);
    if (!inTime) {
      this.child.kill('SIGKILL');
      await exit;
    }
  }

  private hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private reason(): string {
    return this.child.signalCode ?? `exit code ${this.child.exitCode}`;
  }

  private async saysReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.options.baseUrl}/health/ready`)).ok;
    } catch {
      return false;
    }
  }
}
