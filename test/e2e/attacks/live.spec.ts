import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { WebSocket } from 'ws';
import { ApiClient, eventually, machineToken } from '../../support/api-client.js';
import { CipScreen } from '../../support/cip-screen.js';
import { LiveClient } from '../../support/live-client.js';

const { baseUrl } = inject('stack');
let api: ApiClient;
let token: string;
const sockets: Socket[] = [];
const clients: LiveClient[] = [];

beforeAll(async () => {
  token = await machineToken(inject('stack'));
  api = (await ApiClient.connect(baseUrl)).withToken(token);
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const client of clients.splice(0)) client.disconnect();
});

async function newKey(): Promise<string> {
  const wish = { name: 'hostile', scopes: ['sensorflow/read'], ratePerMinute: 6000 };
  const { status, body } = await api.post('/api-keys', wish);
  expect(status).toBe(201);
  return body.key;
}

async function follow(key: string, lastEventId?: string): Promise<LiveClient> {
  const client = new LiveClient({ 'x-api-key': key }, []);
  clients.push(client);
  if (lastEventId !== undefined) client.lastEventId = lastEventId;
  return client.connect(baseUrl);
}

async function rawSocket(text: string): Promise<Socket> {
  const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1');
  sockets.push(socket.on('error', () => undefined).resume());
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

/** Another caller's feed begins, and receives a reading. */
async function anotherIsServed(): Promise<void> {
  const client = await follow(await newKey());
  expect(client.status).toBe(200);
  const equipmentId = 'LIVE-BYSTANDER';
  await api.post('/sensor-data', { equipmentId, timestamp: new Date().toISOString(), value: 1 });
  await client.until(() => client.readings().some((one) => one.equipmentId === equipmentId));
}

describe('one caller', () => {
  it('with a hundred feeds at once has ten, and others theirs', async () => {
    const key = await newKey();

    const feeds = await Promise.all(Array.from({ length: 100 }, async () => follow(key)));

    expect(feeds.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(new Set(feeds.map(({ status }) => status))).toEqual(new Set([200, 429]));
    await anotherIsServed();
  });

  it('that leaves as soon as it has come has all its places again', async () => {
    const key = await newKey();
    const head = `GET /sensor-data/live HTTP/1.1\r\nhost: x\r\nx-api-key: ${key}\r\n\r\n`;

    for (let round = 0; round < 20; round += 1) {
      const some = await Promise.all(Array.from({ length: 20 }, async () => rawSocket(head)));
      for (const socket of some) socket.destroy();
    }

    const feeds = await eventually(
      async () => {
        const opened = await Promise.all(Array.from({ length: 10 }, async () => follow(key)));
        if (opened.some(({ status }) => status !== 200)) for (const one of opened) one.disconnect();
        return opened.map(({ status }) => status);
      },
      (statuses) => statuses.every((status) => status === 200),
    );
    expect(feeds).toHaveLength(10);
  });

  it.each([
    ['of 8 KB', 'x'.repeat(8000)],
    ['of two places, and more', 'a~b~c'],
    ['with a path', '../../etc/passwd'],
    ['with __proto__', '__proto__'],
    ['with marks of HTML', '<script>alert(1)</script>'],
    ['of blanks', ' '],
  ])('with a place %s is told that the past is not known', async (_name, lastEventId) => {
    const client = await follow(await newKey(), lastEventId);

    await client.until(() => client.events.length > 0);

    expect(client.status).toBe(200);
    expect(client.events[0]?.event).toBe('resync');
    expect(client.events[0]?.id).not.toContain(lastEventId);
  });
});

describe('the WebSocket', () => {
  it('survives hundreds of handshakes that never end, and as many with unknown keys', async () => {
    const head = 'GET /ws/sensor_updates HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n';
    const halfOpen = await Promise.all(Array.from({ length: 300 }, async () => rawSocket(head)));
    const refused = await Promise.all(
      Array.from({ length: 100 }, async () => CipScreen.connect(baseUrl, '?api-key=changeme')),
    );

    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([403]));
    await anotherIsServed();
    // The head of a request has ten seconds.
    await eventually(
      async () => halfOpen.filter(({ closed }) => !closed).length,
      (open) => open === 0,
    );
  });

  it('ends for a client that floods it and takes no answers, and others are served', async () => {
    const screen = await CipScreen.connect(baseUrl, `?api-key=${await newKey()}`);
    expect(screen.isOpen).toBe(true);

    screen.webSocket.pause();
    const ping = Buffer.alloc(125);
    for (let sent = 0; sent < 200_000 && screen.isOpen; sent += 1) {
      screen.webSocket.ping(ping);
      if (sent % 5000 === 0) await new Promise(setImmediate);
    }
    await anotherIsServed();
    screen.webSocket.resume();

    await eventually(
      async () => screen.webSocket.readyState,
      (state) => state === WebSocket.CLOSED,
      60_000,
    );
  });
});
