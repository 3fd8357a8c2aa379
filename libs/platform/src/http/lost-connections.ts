import { open } from 'node:fs/promises';
import type { Socket } from 'node:net';

export interface LossTiming {
  readonly lookEveryMs: number;
  /** A peer that acknowledges nothing for so long has gone. */
  readonly giveUpAfterMs: number;
}

const TIMING: LossTiming = { lookEveryMs: 10_000, giveUpAfterMs: 30_000 };
/** Linux's: Documentation/networking/proc_net_tcp.rst of the kernel. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const ESTABLISHED = '01';

interface Watched {
  /** As in `silentConnections`. */
  readonly name: string;
  silentSinceMs: number | undefined;
}

/**
 * Closes connections whose peer has vanished without a word: what is sent to it is not acknowledged, which TCP puts up
 * with for a quarter of an hour, and Node.js has no way to set TCP_USER_TIMEOUT. Nothing is found out while nothing is
 * sent, where the other end is a proxy that acknowledges in its client's stead, and on other systems than Linux.
 */
export class LostConnections {
  private readonly watched = new Map<Socket, Watched>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly timing = TIMING,
    private readonly tables = TABLES,
  ) {}

  /** Until the connection closes. */
  watch(socket: Socket): void {
    const { localPort, remoteAddress, remotePort } = socket;
    if (socket.destroyed || remoteAddress === undefined) return;
    const name = nameOf(localPort, canonical(remoteAddress), remotePort);
    this.watched.set(socket, { name, silentSinceMs: undefined });
    socket.once('close', () => this.forget(socket));
    this.timer ??= setInterval(() => void this.look(), this.timing.lookEveryMs).unref();
  }

  private forget(socket: Socket): void {
    this.watched.delete(socket);
    if (this.watched.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async look(): Promise<void> {
    const silent = await silentConnections(this.tables);
    const nowMs = performance.now();
    for (const [socket, watched] of this.watched) {
      if (!silent.has(watched.name)) watched.silentSinceMs = undefined;
      else watched.silentSinceMs ??= nowMs;
      const { silentSinceMs = nowMs } = watched;
      if (nowMs - silentSinceMs >= this.timing.giveUpAfterMs) socket.destroy();
    }
  }
}

/** Those that wait for an acknowledgement longer than usual; none where the system does not tell. */
async function silentConnections(tables: readonly string[]): Promise<ReadonlySet<string>> {
  const silent = new Set<string>();
  for (const table of tables) {
    try {
      const file = await open(table);
      for await (const line of file.readLines()) {
        const name = silentIn(line);
        if (name !== undefined) silent.add(name);
      }
    } catch {
      // There is no such table.
    }
  }
  return silent;
}

/**
 * The connection of a line, if what was sent had to be repeated. What a full window holds back is not looked at: its
 * owner gives up on a client that takes nothing.
 */
function silentIn(line: string): string | undefined {
  const [, local = '', remote = '', state, , , repeated = ''] = line.trim().split(/\s+/);
  if (state !== ESTABLISHED || !(Number.parseInt(repeated, 16) > 0)) return undefined;
  const [address = '', remotePort = ''] = remote.split(':');
  const [, localPort = ''] = local.split(':');
  return nameOf(
    Number.parseInt(localPort, 16),
    addressOf(address),
    Number.parseInt(remotePort, 16),
  );
}

function nameOf(localPort?: number, remoteAddress?: string, remotePort?: number): string {
  return `${localPort} ${remoteAddress} ${remotePort}`;
}

/** The table has words of 32 bits in the machine's order: little-endian on every machine that Node.js 24 runs on but s390x. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex').swap32();
  if (bytes.length === 4) return canonical([...bytes].join('.'));
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  return canonical(groups.join(':'));
}

/** One spelling for each address, IPv4 as IPv6 has it. */
function canonical(address: string): string {
  const [withoutZone = ''] = address.split('%', 1);
  const text = withoutZone.includes(':') ? withoutZone : `::ffff:${withoutZone}`;
  return new URL(`http://[${text}]`).hostname;
}
