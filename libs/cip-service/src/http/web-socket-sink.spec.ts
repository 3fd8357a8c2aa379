import type { FeedEvent } from '@sensorflow/live';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { WebSocketSink } from './web-socket-sink.js';

const HEARTBEAT: FeedEvent = { type: 'heartbeat', id: '1' };

let server: Server;
let client: WebSocket;
let socket: { webSocket: WebSocket; connection: Duplex };

beforeEach(async () => {
  server = createServer();
  const handshakes = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const opened = new Promise<typeof socket>((resolve) => {
    server.on('upgrade', (request, connection, head) =>
      handshakes.handleUpgrade(request, connection, head, (webSocket) =>
        resolve({ webSocket, connection }),
      ),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  client = new WebSocket(`ws://127.0.0.1:${port}`, { autoPong: true });
  client.on('error', () => undefined);
  [socket] = await Promise.all([opened, once(client, 'open')]);
});

afterEach(() => {
  client.terminate();
  socket.connection.destroy();
  server.close();
});

function sink(messages: readonly string[], timing = { pingMs: 60_000, closeMs: 1000 }) {
  return new WebSocketSink(socket, () => messages, timing);
}

describe('a WebSocket as the end of a feed', () => {
  it('sends each message as a text frame of its own', async () => {
    const got: [string, boolean][] = [];
    client.on('message', (data: Buffer, isBinary) => got.push([data.toString(), isBinary]));

    sink(['{"a":1}', '{"a":2}']).send(HEARTBEAT);

    while (got.length < 2) await delay(5);
    expect(got).toEqual([
      ['{"a":1}', false],
      ['{"a":2}', false],
    ]);
  });

  it.each([
    ['draining', 1001],
    ['access-ended', 1008],
    ['failed', 1011],
    ['too-slow', 1013],
  ] as const)(
    'tells of the end %s by %i and its reason, as much as fits',
    async (code, expected) => {
      const closed = once(client, 'close');

      sink([]).send({ type: 'end', end: { code, detail: 'ä'.repeat(100) } });

      const [closeCode, reason] = await closed;
      expect(closeCode).toBe(expected);
      expect(String(reason)).toBe('ä'.repeat(60));
    },
  );

  it('asks a client that could not be checked to come back', async () => {
    const closed = once(client, 'close');
    const end = {
      code: 'access-ended',
      detail: 'It could not be checked.',
      retryMs: 5000,
    } as const;

    sink([]).send({ type: 'end', end });

    expect((await closed)[0]).toBe(1013);
  });

  it('pings, and gives up on a client that does not answer', async () => {
    const pings: Buffer[] = [];
    client.on('ping', (data: Buffer) => pings.push(data));
    const closed = once(client, 'close');
    const timing = { pingMs: 30, closeMs: 1000 };

    sink([], timing);
    while (pings.length < 3) await delay(5);
    expect(client.readyState).toBe(WebSocket.OPEN);
    client.pause();
    await once(socket.webSocket, 'close');
    client.resume();

    expect((await closed)[0]).toBe(1006);
  });

  it('says when a client takes no more, and when it does again', async () => {
    client.pause();
    const end = sink(['x'.repeat(100_000)]);
    let isTaken = true;
    for (let sent = 0; isTaken && sent < 1000; sent += 1) isTaken = end.send(HEARTBEAT);
    expect(isTaken).toBe(false);

    const drained = end.drained();
    client.resume();
    await drained;

    expect(socket.connection.writableNeedDrain).toBe(false);
  });

  it('cuts off a client that does not answer the close', async () => {
    client.pause();
    const closed = once(socket.webSocket, 'close');

    sink([], { pingMs: 60_000, closeMs: 50 }).close();

    await closed;
    expect(socket.connection.destroyed).toBe(true);
  });
});
