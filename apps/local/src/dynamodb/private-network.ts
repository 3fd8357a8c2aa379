import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { delimiter } from 'node:path';

/** How to run a program where only it and what it starts can reach its ports. */
export interface PrivateNetwork {
  /** What stands before the program's own command line. */
  readonly prefix: readonly [string, ...string[]];
}

/**
 * A network namespace of its own in a user namespace of its own (user_namespaces(7)): needs no root. Its
 * loopback is down at first. The program keeps the sockets that it is handed from outside.
 */
const NAMESPACE: readonly [string, ...string[]] = [
  'unshare',
  '--user',
  '--map-root-user',
  '--net',
  'sh',
  '-c',
  'ip link set lo up && exec "$@"',
  'private-network',
];

/** Undefined where the platform has none, or forbids it as containers do by default. */
export function privateNetwork(path: string | undefined): PrivateNetwork | undefined {
  const [program, ...args] = NAMESPACE;
  const tried = spawnSync(program, [...args, 'true'], {
    env: { PATH: withSystemFolders(path) },
    stdio: 'ignore',
    timeout: 5_000,
  });
  return tried.status === 0 ? { prefix: NAMESPACE } : undefined;
}

/** Where `ip` lies; many a user's own path leaves these out. */
export function withSystemFolders(path: string | undefined): string {
  return [path ?? '', '/usr/sbin', '/sbin'].join(delimiter);
}

/**
 * One of Linux's 16 million loopback addresses: together with a free port, more than a web page can try.
 * Elsewhere there is only one address.
 */
export function unguessableHost(): string {
  if (process.platform !== 'linux') return '127.0.0.1';
  const [second, third, fourth = 0] = randomBytes(3);
  return `127.${second}.${third}.${1 + (fourth % 254)}`;
}
