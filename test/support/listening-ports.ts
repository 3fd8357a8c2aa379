import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** `127.0.0.1:3000` of every TCP port on which one of these processes listens, in our network. */
export function listeningAddresses(processes: readonly number[]): readonly string[] {
  const sockets = new Set(processes.flatMap(socketsOf));
  return ['tcp', 'tcp6']
    .flatMap((kind) => readFileSync(`/proc/net/${kind}`, 'utf8').trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode = '']) => state === LISTENING && sockets.has(inode))
    .map(([, address = '']) => readable(address))
    .toSorted();
}

const LISTENING = '0A';

/** The inodes of a process's sockets. */
function socketsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(linkIn(`${folder}/${fd}`)) ?? [];
    return inode === undefined ? [] : [inode];
  });
}

/** A descriptor may have been closed since it was listed. */
function linkIn(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

/** The kernel writes an address in hexadecimal, its bytes in reverse. */
function readable(address: string): string {
  const [host = '', port = ''] = address.split(':');
  if (host.length > 8) return `[${host}]:${Number.parseInt(port, 16)}`;
  const bytes = host.match(/../g)?.toReversed() ?? [];
  return `${bytes.map((byte) => Number.parseInt(byte, 16)).join('.')}:${Number.parseInt(port, 16)}`;
}
