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
 * Supervises the server: our end of fd 3 closes when we end, however that is, and the watcher kills it.
 * A background command has /dev/null for its standard input, hence the copy to fd 3.
 * The watcher's `read` is a shell builtin, so that ending the watcher leaves nothing behind.
 */
const SUPERVISE = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
( read -r _ <&3; kill -KILL "$server" ) </dev/null >/dev/null 2>&1 &
watcher=$!
echo "supervised-pid $server"
wait "$server"
code=$?
kill -KILL "$watcher" 2>/dev/null
exit "$code"
`;

type SupervisingShell = ChildProcessByStdio<Writable, Readable, Readable>;

interface SupervisedServer {
  readonly process: SupervisingShell;
  readonly exited: Promise<DynoxideExit>;
  readonly lines: string[];
  serverPid: number | undefined;
  isListening: boolean;
  hasExited: boolean;
}

async function startOnPort(options: DynoxideOptions, port: number): Promise<RunningDynoxide> {
  const supervised = spawnSupervised(options, port);
  try {
    const pid = await listening(supervised);
    await answers(options.host, port);
    const url = `http://${options.host}:${port}`;
    return { port, url, pid, exited: supervised.exited, stop: async () => stop(supervised) };
  } catch (error) {
    await stop(supervised);
    const printed = supervised.lines.join('; ');
    throw new Error(`The embedded DynamoDB did not start on port ${port}: ${printed}`, {
      cause: error,
    });
  }
}

function spawnSupervised(options: DynoxideOptions, port: number): SupervisedServer {
  const server = ['--host', options.host, '--port', String(port), '--db-path', options.dbPath];
  const child = spawn('sh', ['-c', SUPERVISE, 'supervise', options.binary, ...server], {
    // A group of its own: a terminal's Ctrl-C must not end the store before those who use it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { promise: exited, resolve } = Promise.withResolvers<DynoxideExit>();
  const supervised: SupervisedServer = {
    process: child,
    exited,
    lines: [],
    serverPid: undefined,
    isListening: false,
    hasExited: false,
  };
  const end = (code: number | null, signal: NodeJS.Signals | null): void => {
    supervised.hasExited = true;
    // Whatever outlived the shell ends with its standard input.
    child.stdin.destroy();
    resolve({ code, signal });
  };
  child.once('error', () => end(null, null));
  child.once('exit', end);
  child.stdin.on('error', () => undefined);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) =>
      note(supervised, line, port, options.log),
    );
  }
  return supervised;
}

function note(
  supervised: SupervisedServer,
  line: string,
  port: number,
  log?: (line: string) => void,
): void {
  const pid = /^supervised-pid (\d+)$/u.exec(line)?.[1];
  if (pid !== undefined) {
    supervised.serverPid = Number(pid);
    return;
  }
  if (line.includes('listening on') && line.includes(`:${port}`)) supervised.isListening = true;
  supervised.lines.push(line);
  supervised.lines.splice(0, supervised.lines.length - KEPT_LINES);
  log?.(line);
}

/**
 * The process's own word that it bound the port: an answer alone might come from a left-over process.
 * It refuses a port on which anybody listens, and says so.
 */
async function listening(supervised: SupervisedServer): Promise<number> {
  const giveUpAt = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < giveUpAt) {
    if (supervised.hasExited) throw new Error('It ended.');
    if (supervised.isListening && supervised.serverPid !== undefined) return supervised.serverPid;
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

async function stop(supervised: SupervisedServer): Promise<void> {
  const killed = setTimeout(
    () => sendSignal(-(supervised.process.pid ?? 0), 'SIGKILL'),
    STOP_TIMEOUT_MS,
  );
  if (!supervised.hasExited) {
    sendSignal(supervised.serverPid ?? 0, 'SIGTERM');
    if (supervised.serverPid === undefined) supervised.process.stdin.destroy();
  }
  await supervised.exited;
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
