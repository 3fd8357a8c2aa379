import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server as Listener } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MALLOC_ARENAS, STORE_NODE_FLAGS } from '../node-memory.js';
import { privateNetwork, withSystemFolders } from './private-network.js';
import type { StoreOrder, StoreReport } from './store-process.js';

export interface StoreOptions extends StoreOrder {
  /** 0 picks a free one. */
  readonly port: number;
  /** Where `unshare` and `ip` are looked for. */
  readonly path: string | undefined;
  /** Receives what the processes print, line by line. */
  readonly log: (line: string) => void;
}

export interface RunningStore {
  readonly url: string;
  /** Whether dynoxide's own port is out of reach of everybody else on this machine. */
  readonly isPrivate: boolean;
  /** Settles when the process has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Returns when no process is left. */
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('./store-process.js', import.meta.url));
const SOURCE_MAPS = new URL('../source-maps.js', import.meta.url).href;
const STOP_TIMEOUT_MS = 1_700;

/**
 * The embedded DynamoDB behind a check of host and signature, in a network of its own where the platform
 * has one. Throws when dynoxide does not start.
 */
export async function startStore(options: StoreOptions): Promise<RunningStore> {
  const network = privateNetwork(options.path);
  const listener = await listen(options.port);
  const address = listener.address();
  const child = spawnProgram(network?.prefix ?? [], options);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve()).once('error', () => resolve());
  });
  const store = {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : options.port}`,
    isPrivate: network !== undefined,
    exited,
    stop: () => stop(child, exited),
  };
  try {
    await handOver(child, listener, options);
    return store;
  } catch (error) {
    await store.stop();
    throw error;
  } finally {
    listener.close();
  }
}

async function listen(port: number): Promise<Listener> {
  // Who calls before the store has taken over is to try again.
  const listener = createServer((socket) => socket.destroy());
  listener.listen(port, '127.0.0.1');
  await once(listener, 'listening');
  return listener;
}

function spawnProgram(prefix: readonly string[], { path, log }: StoreOptions): ChildProcess {
  const node = [process.execPath, ...STORE_NODE_FLAGS, '--import', SOURCE_MAPS, PROGRAM] as const;
  const [program, ...args] = [...prefix, ...node];
  const child = spawn(program, args, {
    env: { PATH: withSystemFolders(path), MALLOC_ARENA_MAX: MALLOC_ARENAS },
    // A group of its own: a terminal's Ctrl-C must not end the store before those who use it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', log);
  }
  return child;
}

/** Secrets and socket go by the channel: a command line can be read by every user. */
async function handOver(
  child: ChildProcess,
  listener: Listener,
  { binary, dbPath, region, credentials }: StoreOptions,
): Promise<void> {
  const report = new Promise<StoreReport>((resolve) => {
    child.once('message', (message: StoreReport) => resolve(message));
    child.once('error', ({ message }) => resolve({ failure: message }));
    child.once('exit', () => resolve({ failure: 'The embedded DynamoDB ended while starting.' }));
  });
  const order: StoreOrder = { binary, dbPath, region, credentials };
  child.send(order, listener, () => undefined);
  const outcome = await report;
  if ('failure' in outcome) throw new Error(outcome.failure);
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.connected) child.disconnect();
  // dynoxide ends with the process that started it.
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(killer);
}
