import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { DeafClient } from '../../../../test/support/deaf-client.js';
import { LostConnections } from './lost-connections.js';

const TIMING = { lookEveryMs: 20, giveUpAfterMs: 300 };
/** So much is sent to each client, over and over. */
const EVENT = Buffer.alloc(64, 'x');

const server = createServer();

beforeEach(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(() => {
  server.removeAllListeners('connection').close();
});

function port(): number {
  return (server.address() as AddressInfo).port;
}

/** Answers what is sent the first time, and sends on; tells of connections by their order. */
function serve(lost: LostConnections): Socket[] {
  const sockets: Socket[] = [];
  server.on('connection', (socket) => {
    sockets.push(socket);
    lost.watch(socket);
    socket.on('error', () => undefined).write('hello\n\n');
    const timer = setInterval(() => socket.write(EVENT), 10);
    socket.once('close', () => clearInterval(timer));
    onTestFinished(() => void socket.destroy());
  });
  return sockets;
}

async function isClosed(socket: Socket | undefined, withinMs: number): Promise<boolean> {
  if (!socket) throw new Error('there is no connection');
  if (!socket.destroyed) await Promise.race([once(socket, 'close'), delay(withinMs)]);
  return socket.destroyed;
}

describe('lost connections', () => {
  it('are closed once their peer has acknowledged nothing for a while', async () => {
    const sockets = serve(new LostConnections(TIMING));
    const client = await DeafClient.start(port(), 'hello');
    onTestFinished(() => client.stop());
    const deafAt = performance.now();

    expect(await isClosed(sockets[0], 20_000)).toBe(true);

    expect(performance.now() - deafAt).toBeGreaterThan(TIMING.giveUpAfterMs);
  });

  it('are no others: neither of those who take all, nor of those who stopped reading and are there', async () => {
    const sockets = serve(new LostConnections(TIMING));
    const reading = connect(port(), '127.0.0.1').resume();
    await once(reading, 'data');
    const stopped = connect(port(), '127.0.0.1').pause();
    onTestFinished(() => [reading, stopped].forEach((client) => client.destroy()));
    await expect.poll(() => sockets.length).toBe(2);
    // Until its window is full, and the system asks over and over whether it still is.
    sockets[1]?.write(Buffer.alloc(16 * 1024 * 1024));

    await delay(5 * TIMING.giveUpAfterMs);

    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, false]);
  });

  it('are not known, and none is closed, where the system has no table of them', async () => {
    const sockets = serve(new LostConnections(TIMING, ['/proc/net/no-such-table']));
    const client = await DeafClient.start(port(), 'hello');
    onTestFinished(() => client.stop());

    expect(await isClosed(sockets[0], 3 * TIMING.giveUpAfterMs)).toBe(false);
  });
});
