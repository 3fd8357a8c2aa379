import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

// No imports but Node's own: tests run this file as it is, by type stripping, in processes that they kill.

export interface DynoxideOptions {
  readonly binary: string;
  /** Always a file: in memory the stream's index cannot be added, and writes slow down with each record. */
  readonly dbPath: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** An address of loopback. */
  readonly host: string;
  /** Receives what the process prints, line by line. */
  readonly log?: (line: string) => void;
}

export interface RunningDynoxide {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** Settles when the process has ended, for whatever reason. */
  readonly exited: Promise<DynoxideExit>;
  /** SIGTERM, and SIGKILL after 1.5 s. Returns when no process is left. */
  stop(): Promise<void>;
}

export interface DynoxideExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Runs the embedded DynamoDB on loopback and returns when it answers.
 * Throws when it ends before, for example because another process has the port.
 */
export async function startDynoxide(options: DynoxideOptions): Promise<RunningDynoxide> {
  const attempts = options.port === 0 ? FREE_PORT_ATTEMPTS : 1;
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port === 0 ? await freePort(options.host) : options.port;
    try {
      return await startOnPort(options, port);
    } catch (error) {
      if (attempt >= attempts) throw error;
    }
  }
}

/** Another process may take a free port between our looking and dynoxide's binding. */
const FREE_PORT_ATTEMPTS = 3;
const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 1_500;
const KEPT_LINES = 20;

/**
 * Puts the server on a leash: our end of fd 3 closes with our death, however we die, and the watcher kills it.
 * A background command has /dev/null for its standard input, hence the copy to fd 3.
 * The watcher's `read` is a shell builtin, so that ending the watcher leaves nothing behind.
 */
const LEASH = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
( read -r _ <&3; kill -KILL "$server" ) </dev/null >/dev/null 2>&1 &
watcher=$!
echo "leash-holds $server"
wait "$server"
code=$?
kill -KILL "$watcher" 2>/dev/null
exit "$code"
`;

type LeashProcess = ChildProcessByStdio<Writable, Readable, Readable>;

interface Leash {
  readonly process: LeashProcess;
  readonly exited: Promise<DynoxideExit>;
  readonly lines: string[];
  serverPid: number | undefined;
  isListening: boolean;
  hasExited: boolean;
}

async function startOnPort(options: DynoxideOptions, port: number): Promise<RunningDynoxide> {
  const leash = spawnOnLeash(options, port);
  try {
    const pid = await listening(leash);
    await answers(options.host, port);
    const url = `http://${options.host}:${port}`;
    return { port, url, pid, exited: leash.exited, stop: async () => stop(leash) };
  } catch (error) {
    await stop(leash);
    const printed = leash.lines.join('; ');
    throw new Error(`The embedded DynamoDB did not start on port ${port}: ${printed}`, {
      cause: error,
    });
  }
}

function spawnOnLeash(options: DynoxideOptions, port: number): Leash {
  const server = ['--host', options.host, '--port', String(port), '--db-path', options.dbPath];
  const child = spawn('sh', ['-c', LEASH, 'leash', options.binary, ...server], {
    // A group of its own: a terminal's Ctrl-C must not end the store before those who use it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { promise: exited, resolve } = Promise.withResolvers<DynoxideExit>();
  const leash: Leash = {
    process: child,
    exited,
    lines: [],
    serverPid: undefined,
    isListening: false,
    hasExited: false,
  };
  const end = (code: number | null, signal: NodeJS.Signals | null): void => {
    leash.hasExited = true;
    // Whatever outlived the shell ends with the leash.
    child.stdin.destroy();
    resolve({ code, signal });
  };
  child.once('error', () => end(null, null));
  child.once('exit', end);
  child.stdin.on('error', () => undefined);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => note(leash, line, port, options.log));
  }
  return leash;
}

function note(leash: Leash, line: string, port: number, log?: (line: string) => void): void {
  const pid = /^leash-holds (\d+)$/u.exec(line)?.[1];
  if (pid !== undefined) {
    leash.serverPid = Number(pid);
    return;
  }
  if (line.includes('listening on') && line.includes(`:${port}`)) leash.isListening = true;
  leash.lines.push(line);
  leash.lines.splice(0, leash.lines.length - KEPT_LINES);
  log?.(line);
}

/**
 * The process's own word that it bound the port: an answer alone might come from a left-over process.
 * It refuses a port on which anybody listens, and says so.
 */
async function listening(leash: Leash): Promise<number> {
  const giveUpAt = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < giveUpAt) {
    if (leash.hasExited) throw new Error('It ended.');
    if (leash.isListening && leash.serverPid !== undefined) return leash.serverPid;
    await delay(5);
  }
  throw new Error(`It was not listening after ${START_TIMEOUT_MS} ms.`);
}

async function answers(host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const request = get({ host, port, agent: false, timeout: START_TIMEOUT_MS }, (response) => {
      response.resume();
      resolve();
    });
    request.once('timeout', () => request.destroy(new Error('It does not answer.')));
    request.once('error', reject);
  });
}

async function stop(leash: Leash): Promise<void> {
  const killed = setTimeout(
    () => sendSignal(-(leash.process.pid ?? 0), 'SIGKILL'),
    STOP_TIMEOUT_MS,
  );
  if (!leash.hasExited) {
    sendSignal(leash.serverPid ?? 0, 'SIGTERM');
    if (leash.serverPid === undefined) leash.process.stdin.destroy();
  }
  await leash.exited;
  clearTimeout(killed);
}

/** Zero would mean our own group. */
function sendSignal(pid: number, name: NodeJS.Signals): void {
  if (pid === 0) return;
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}

async function freePort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}
