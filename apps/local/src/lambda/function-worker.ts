import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { functionInspector } from '../inspector.js';
import type { FunctionInvoker, InvocationOutcome } from './invocation.js';

export interface FunctionDefinition {
  readonly name: string;
  /** Absolute path of a JavaScript module that exports `handler(event, context)`. */
  readonly modulePath: string;
}

export interface FunctionProcessOptions {
  /** The functions' whole environment: ours is not passed on, so that no credentials leak into it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: FunctionLog;
  /** After so long without an invocation the child is ended; the next one starts another. Never, unless set. */
  readonly idleMs?: number;
}

export type FunctionLog = (line: string, stream: 'stdout' | 'stderr') => void;

/** Compiled, the runner is JavaScript; uncompiled, Node strips its types. */
const RUNNER = fileURLToPath(
  new URL(`./function-runner${extname(import.meta.url)}`, import.meta.url),
);
const CLOSE_TIMEOUT_MS = 1_000;
/** The runner names them so. */
const INIT_ERRORS: ReadonlySet<string> = new Set([
  'Runtime.ImportModuleError',
  'Runtime.HandlerNotFound',
]);

/**
 * One sandbox of a function: its module, loaded on its own, in a child process that lives from invocation to
 * invocation. It handles one at a time; further ones wait. A child that crashed, was killed for a timeout or could
 * not load a module is replaced at the next invocation.
 */
export class FunctionWorker implements FunctionInvoker {
  private lastTurn: Promise<unknown> = Promise.resolve();
  private readonly process: FunctionProcess;
  private readonly sandbox: Sandbox;

  constructor(process: FunctionProcess, sandbox: Sandbox) {
    this.process = process;
    this.sandbox = sandbox;
  }

  get functionName(): string {
    return this.sandbox.name;
  }

  /**
   * Error types: `Sandbox.Timedout` after the timeout, `Runtime.ExitError` when the process ended, the name of
   * what the handler threw otherwise. The timeout includes loading the module at the first invocation.
   */
  async invoke(event: unknown, timeoutSeconds: number): Promise<InvocationOutcome> {
    const turn = this.lastTurn.then(async () => {
      return this.process.run({ sandbox: this.sandbox, event, timeoutSeconds });
    });
    this.lastTurn = turn;
    return turn;
  }
}

/** Numbered within its process. */
interface Sandbox extends FunctionDefinition {
  readonly number: number;
}

interface Invocation {
  readonly sandbox: Sandbox;
  readonly event: unknown;
  readonly timeoutSeconds: number;
}

/**
 * The child process that some sandboxes share: they know nothing of each other, but a child that ends, for whatever
 * reason, ends the invocations of all.
 */
export class FunctionProcess {
  private child: ChildProcess | undefined;
  private readonly sandboxes: Sandbox[] = [];
  private readonly ending = new Set<Promise<void>>();
  private isClosed = false;
  private running = 0;
  private idle: NodeJS.Timeout | undefined;
  private readonly options: FunctionProcessOptions;

  constructor(options: FunctionProcessOptions) {
    this.options = options;
  }

  newWorker(definition: FunctionDefinition): FunctionWorker {
    const sandbox = { ...definition, number: this.sandboxes.length };
    this.sandboxes.push(sandbox);
    return new FunctionWorker(this, sandbox);
  }

  /** Ends the child; invocations that are under way fail with `Runtime.ExitError`. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.endChild();
    await Promise.all(this.ending);
  }

  /** Of its workers. */
  async run({ sandbox, event, timeoutSeconds }: Invocation): Promise<InvocationOutcome> {
    if (this.isClosed) return failure('Runtime.ExitError', 'The function has been closed.');
    clearTimeout(this.idle);
    this.running += 1;
    try {
      const child = (this.child ??= this.startChild());
      const outcome = await exchange(child, { sandbox, event, timeoutSeconds });
      // Node keeps a module that failed to load for as long as its process lives.
      if (isInitError(outcome) && this.child === child) this.endChild();
      return outcome;
    } finally {
      this.running -= 1;
      if (this.running === 0) this.endWhenIdle();
    }
  }

  private endWhenIdle(): void {
    const { idleMs } = this.options;
    if (idleMs === undefined) return;
    this.idle = setTimeout(() => this.endChild(), idleMs);
    this.idle.unref();
  }

  private endChild(): void {
    clearTimeout(this.idle);
    const { child } = this;
    if (child === undefined) return;
    this.child = undefined;
    const ended = end(child);
    this.ending.add(ended);
    void ended.then(() => this.ending.delete(ended));
  }

  private startChild(): ChildProcess {
    const { environment, log } = this.options;
    // They say in a list of processes what it is.
    const modulePaths = new Set(this.sandboxes.map(({ modulePath }) => modulePath));
    const child = fork(RUNNER, [...modulePaths], {
      env: { TZ: ':UTC', ...environment },
      execArgv: [...functionInspector()],
      // A group of its own: a terminal's Ctrl-C must not end an invocation that is to be drained.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const forget = (): void => {
      if (this.child === child) this.child = undefined;
    };
    child.once('exit', forget);
    child.once('error', forget);
    for (const stream of ['stdout', 'stderr'] as const) {
      const input = child[stream];
      if (input === null) continue;
      createInterface({ input }).on('line', (line) => log(line, stream));
    }
    return child;
  }
}

/** Lets the child end by itself, and makes it end when it does not. */
async function end(child: ChildProcess): Promise<void> {
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  if (child.connected) child.disconnect();
  const killer = setTimeout(() => kill(child), CLOSE_TIMEOUT_MS);
  await exited;
  clearTimeout(killer);
}

/** One invocation's question and answer. Resolves after the child's exit when there was no answer. */
async function exchange(
  child: ChildProcess,
  { sandbox, event, timeoutSeconds }: Invocation,
): Promise<InvocationOutcome> {
  const requestId = randomUUID();
  return new Promise((resolve) => {
    let hasTimedOut = false;
    const timer = setTimeout(() => {
      hasTimedOut = true;
      kill(child);
    }, timeoutSeconds * 1000);
    const settle = (outcome: InvocationOutcome): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit).off('error', onError);
      resolve(outcome);
    };
    const onMessage = (message: unknown): void => {
      const outcome = outcomeOf(message, requestId);
      if (outcome !== undefined && !hasTimedOut) settle(outcome);
    };
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
      settle(hasTimedOut ? timeout(requestId, timeoutSeconds) : exit(requestId, code, signal));
    };
    const onError = (error: Error): void => settle(failure('Runtime.ExitError', error.message));
    child.on('message', onMessage).on('exit', onExit).on('error', onError);
    // A child that is dying does not take the message; its exit says the rest.
    const deadlineEpochMs = Date.now() + timeoutSeconds * 1000;
    child.send({ requestId, sandbox, event, deadlineEpochMs }, () => undefined);
  });
}

function outcomeOf(message: unknown, requestId: string): InvocationOutcome | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const fields: Record<string, unknown> = { ...message };
  if (fields['requestId'] !== requestId) return undefined;
  if (fields['ok'] === true) {
    return { ok: true, result: JSON.parse(String(fields['resultJson'])) };
  }
  return failure(String(fields['errorType']), String(fields['errorMessage']));
}

function isInitError(outcome: InvocationOutcome): boolean {
  return !outcome.ok && INIT_ERRORS.has(outcome.errorType);
}

function timeout(requestId: string, timeoutSeconds: number): InvocationOutcome {
  const message = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return failure('Sandbox.Timedout', message);
}

function exit(
  requestId: string,
  code: number | null,
  signal: NodeJS.Signals | null,
): InvocationOutcome {
  const how = signal === null ? `exit status ${code}` : `signal: ${signal}`;
  return failure(
    'Runtime.ExitError',
    `RequestId: ${requestId} Error: Runtime exited with error: ${how}`,
  );
}

function failure(errorType: string, errorMessage: string): InvocationOutcome {
  return { ok: false, errorType, errorMessage };
}

/** The whole group, so that nothing that the function started survives it. */
function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
