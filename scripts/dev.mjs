// `npm run dev`: Nest's compiler and Vite watch the sources and write into dist; the embedded stack runs from there. What the
// compiler wrote without an error restarts the stack. What Vite wrote is served by the running API from then on.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isPortFree } from '../dist/apps/local/src/stack/installation.js';
import {
  RefusedError,
  runCommand,
  UsageError,
} from '../dist/libs/platform/src/terminal/command.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const DIST = join(ROOT, 'dist');
/** Of make-ready.mjs: other commands build anew after this one, because we compile into the same folder. */
const STAMP = join(DIST, '.sources');
/** Ends a process that we started when we are gone, however we went. */
const END_WITH_US = join(DIST, 'apps/local/src/end-with-supervisor.js');
const STACK = join(DIST, 'apps/local/src/main.js');
const { resolve } = createRequire(import.meta.url);
const NEST = resolve('@nestjs/cli/bin/nest.js');
const VITE = join(dirname(resolve('vite/package.json')), 'bin/vite.js');
/** The stack stops within ten seconds. */
const STOP_DEADLINE_MS = 12_000;

const USAGE = `Usage: npm run dev [-- --inspect <port>]

The embedded stack for developers: compiles what you save, and restarts. Ctrl-C stops it.

  --inspect <port>   port of Node's inspector for the API, on loopback; 9229 unless given, 0 for none
  Variables          those of npm run local: docs/configuration.md`;

class Development {
  children = new Set();
  stack;
  restarts = Promise.resolve();
  isRestartDue = false;
  isStopping = false;

  /** @param inspectPort 0 for none */
  constructor(inspectPort) {
    this.inspectPort = inspectPort;
  }

  /** Resolves with the exit code once everything has ended. */
  async run() {
    rmSync(STAMP, { force: true });
    const signalled = nextSignal();
    if (this.inspectPort) {
      process.stdout.write(`Node's inspector of the API: 127.0.0.1:${this.inspectPort}\n`);
    }
    const compiler = this.watch(
      NEST,
      ['build', 'api', '--watch', '--preserveWatchOutput'],
      (line) => {
        if (/Found 0 errors/.test(line)) this.restartStack();
      },
    );
    const bundler = this.watch(VITE, ['build', 'apps/console', '--watch', '--emptyOutDir=false']);
    const end = await Promise.race([signalled, compiler, bundler]);
    if (end !== 'signal') process.stderr.write(`${end}\n`);
    this.isStopping = true;
    await Promise.all([...this.children].map(stop));
    return end === 'signal' ? 0 : 1;
  }

  /** Starts a watcher, and resolves with words when it has ended. */
  async watch(program, args, onLine = () => undefined) {
    const watcher = this.start([program, ...args], ['ignore', 'pipe', 'inherit', 'ipc']);
    createInterface({ input: watcher.stdout }).on('line', (line) => {
      rmSync(STAMP, { force: true });
      if (line !== '') process.stdout.write(`${line}\n`);
      onLine(line);
    });
    await once(watcher, 'exit');
    return `${args.join(' ')} ended by itself`;
  }

  /** Saves that come while it restarts are one more restart. */
  restartStack() {
    this.isRestartDue = true;
    this.restarts = this.restartAfter(this.restarts);
  }

  async restartAfter(others) {
    await others;
    if (!this.isRestartDue || this.isStopping) return;
    this.isRestartDue = false;
    const old = this.stack;
    this.stack = undefined;
    if (old) await stop(old);
    if (!this.isStopping) this.startStack();
  }

  startStack() {
    const inspector = this.inspectPort ? [`--inspect-port=127.0.0.1:${this.inspectPort}`] : [];
    const stack = this.start(
      [...inspector, '--enable-source-maps', STACK],
      ['ignore', 'inherit', 'inherit', 'ipc'],
    );
    this.stack = stack;
    stack.once('exit', () => {
      if (this.stack !== stack || this.isStopping) return;
      process.stderr.write('The stack has ended; it starts again when you save a change.\n');
    });
  }

  start(args, stdio) {
    const command = ['--import', END_WITH_US, ...args];
    const child = spawn(process.execPath, command, { cwd: ROOT, stdio });
    this.children.add(child);
    child.once('exit', () => this.children.delete(child));
    return child;
  }
}

function nextSignal() {
  return new Promise((resolved) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => resolved('signal'));
    }
  });
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const isLate = await Promise.race([exit.then(() => false), delay(STOP_DEADLINE_MS, true)]);
  if (isLate) child.kill('SIGKILL');
  await exit;
}

/** 0 for none. */
async function inspectPortOf(text) {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port < 65_536)) throw new UsageError(`--inspect takes a port, not "${text}".`);
  if (port === 0 || (await isPortFree(port))) return port;
  throw new RefusedError(
    `Port ${port} is taken. Stop what uses it, or give --inspect another one.`,
  );
}

await runCommand({
  usage: USAGE,
  options: { inspect: { type: 'string', default: '9229' } },
  places: 0,
  run: async ({ values: { inspect } }) => new Development(await inspectPortOf(inspect)).run(),
});
