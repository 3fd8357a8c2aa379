import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient, ListStreamsCommand } from '@aws-sdk/client-dynamodb-streams';
import { rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSignedStore } from '../../apps/local/src/dynamodb/signed-store.js';
import {
  type RunningDynoxide,
  startDynoxide,
} from '../../apps/local/src/dynamodb/start-dynoxide.js';
import type { RunningServer } from '../../apps/local/src/http/loopback-server.js';
import { signedHeaders } from '../support/aws-signer.js';
import { HeldStore } from '../support/held-store.js';
import { DYNOXIDE, temporaryFolder } from '../support/lambda-fixtures/embedded-store.js';

const CREDENTIALS = { accessKeyId: 'LOCAL', secretAccessKey: 'local-secret' };
const MIB = 1024 ** 2;

let folder: string;
let dynoxide: RunningDynoxide;
let server: RunningServer;
let client: DynamoDBClient;

beforeAll(async () => {
  folder = await temporaryFolder();
  const host = '127.7.7.7';
  dynoxide = await startDynoxide({ binary: DYNOXIDE, dbPath: join(folder, 'd.db'), port: 0, host });
  server = await startSignedStore({
    on: 0,
    region: 'local',
    credentials: CREDENTIALS,
    store: { host, port: dynoxide.port },
  });
  client = new DynamoDBClient({
    endpoint: server.url,
    region: 'local',
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  await client.send(
    new CreateTableCommand({
      TableName: 'large',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
});
afterAll(async () => {
  client.destroy();
  await server.close();
  await dynoxide.stop();
  await rm(folder, { recursive: true });
});

/** A signed call as it goes over the wire: its head, with more lines, and as much of its body as is given. */
function wireOf(body: string, sent = body, lines = [`Content-Length: ${body.length}`]): string {
  const target = 'DynamoDB_20120810.ListTables';
  const call = { url: server.url, service: 'dynamodb', target, body, credentials: CREDENTIALS };
  const headers = Object.entries(signedHeaders(call)).map(([name, value]) => `${name}: ${value}`);
  return `POST / HTTP/1.1\r\n${[...headers, ...lines].join('\r\n')}\r\n\r\n${sent}`;
}

async function send(wire: string, port = server.port): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(wire);
  return socket;
}

async function statusOf(wire: string): Promise<number> {
  const socket = await send(wire);
  const first = await once(socket, 'data');
  socket.destroy();
  return statusIn(first);
}

function statusIn([chunk]: readonly unknown[]): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(String(chunk))?.[1]);
}

describe('the store behind its check', () => {
  it('serves tables and streams to who signs', async () => {
    const settings = { endpoint: server.url, region: 'local', credentials: CREDENTIALS };
    const streams = new DynamoDBStreamsClient(settings);

    const { TableNames } = await client.send(new ListTablesCommand({}));
    const { Streams } = await streams.send(new ListStreamsCommand({}));
    streams.destroy();

    expect(TableNames).toEqual(['large']);
    expect(Streams).toEqual([]);
  });

  it('says by DynamoDB’s own names why it refuses', async () => {
    const refusals = [
      [{ secretAccessKey: 'x' }, 'InvalidSignatureException'],
      [{ accessKeyId: 'x' }, 'UnrecognizedClientException'],
    ] as const;

    for (const [credentials, name] of refusals) {
      const foreign = new DynamoDBClient({
        endpoint: server.url,
        region: 'local',
        credentials: { ...CREDENTIALS, ...credentials },
        maxAttempts: 1,
      });
      await expect(foreign.send(new ListTablesCommand({}))).rejects.toMatchObject({ name });
      foreign.destroy();
    }
  });

  it('passes on what is as large as DynamoDB takes and gives', async () => {
    const ids = Array.from({ length: 25 }, (_, index) => `item-${index}`);
    const requests = ids.map((id) => ({
      PutRequest: { Item: { id: { S: id }, text: { S: id.padEnd(390 * 1024, 'x') } } },
    }));

    await client.send(new BatchWriteItemCommand({ RequestItems: { large: requests } }));
    const keys = ids.map((id) => ({ id: { S: id } }));
    const { Responses } = await client.send(
      new BatchGetItemCommand({ RequestItems: { large: { Keys: keys } } }),
    );

    const lengths = Responses?.['large']?.map((item) => item['text']?.S?.length);
    expect(lengths).toEqual(ids.map(() => 390 * 1024));
  });

  it('answers reads beside many writes, as DynamoDB does, without waiting for all of them', async () => {
    const requests = Array.from({ length: 25 }, (_, index) => ({
      PutRequest: { Item: { id: { S: `item-${index}` }, text: { S: 'x'.repeat(10_000) } } },
    }));
    const over = new AbortController();
    let written = 0;
    const write = async (): Promise<void> => {
      while (!over.signal.aborted) {
        await client.send(new BatchWriteItemCommand({ RequestItems: { large: requests } }));
        written += 1;
      }
    };
    const writers = Array.from({ length: 32 }, write);
    await delay(500);

    const before: number[] = [];
    for (let read = 0; read < 20; read += 1) {
      const sentAfter = written;
      await client.send(new GetItemCommand({ TableName: 'large', Key: { id: { S: 'none' } } }));
      before.push(written - sentAfter);
    }
    over.abort();
    await Promise.all(writers);

    const mean = before.reduce((sum, writes) => sum + writes, 0) / before.length;
    expect(mean, `writes that were answered before each read: ${before.join(' ')}`).toBeLessThan(4);
  });

  it('refuses two hosts, what is longer than 16 MiB, and what tells no length', async () => {
    const length = 'Content-Length: 2';

    const statuses = [
      await statusOf(wireOf('{}', '{}', [length, 'Host: attacker.example'])),
      await statusOf(wireOf('x'.repeat(16 * MIB + 1), '')),
      await statusOf(wireOf('{}', '2\r\n{}\r\n0\r\n\r\n', ['Transfer-Encoding: chunked'])),
    ];

    expect(statuses).toEqual([403, 413, 411]);
  });

  it('refuses a stranger before it reads the body, however long', async () => {
    const head = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${16 * MIB}\r\n\r\n`;
    const socket = await send(`${head}first bytes`);

    const answer = await text(socket);

    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*MissingAuthenticationTokenException/);
  });

  it('answers while 64 MiB of bodies stall, refuses more of them, and has room again afterwards', async () => {
    const body = 'x'.repeat(16 * MIB);
    const stalling = wireOf(body, body.slice(1));
    const stalled = await Promise.all(Array.from({ length: 5 }, () => send(stalling)));
    await delay(1500);
    const refused = once(await send(stalling), 'data');
    const gone = await send(stalling);
    gone.destroy();

    expect(String(await refused)).toMatch(/^HTTP\/1\.1 503 [\s\S]*ServiceUnavailable/);
    await client.send(new ListTablesCommand({}));
    for (const socket of stalled) socket.destroy();
    await delay(200);
    // The signature is that of a body of blanks, which the store then finds to be no JSON.
    expect(await statusOf(wireOf(' '.repeat(MIB)))).toBe(400);
  });

  it('waits no longer than ten seconds for a body', { timeout: 30_000 }, async () => {
    const startedAt = performance.now();
    const socket = await send(wireOf('{}', '{'));

    const answer = await text(socket);

    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  it('keeps a caller’s connection open', async () => {
    const socket = await send('');

    for (let call = 0; call < 3; call += 1) {
      socket.write(wireOf('{}'));
      const [answer] = await once(socket, 'data');
      expect(String(answer)).toMatch(/^HTTP\/1\.1 200/);
    }
    socket.destroy();
  });
});

/** How much of an answer is there when the store fails: nothing, part of its head, part of its body. */
const BEGINNINGS = [
  '',
  'HTTP/1.1 200 OK\r\nContent-Le',
  'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{',
];

describe('the turn to write a batch', () => {
  let store: HeldStore;
  let gateway: RunningServer;

  beforeEach(async () => {
    store = await HeldStore.start();
    gateway = await startSignedStore({
      on: 0,
      region: 'local',
      credentials: CREDENTIALS,
      store,
    });
  });
  afterEach(async () => {
    await store.close();
    await gateway.close();
  });

  /** The body is the write's name. */
  function wireOfWrite(body: string): string {
    const target = 'DynamoDB_20120810.BatchWriteItem';
    const call = { url: gateway.url, service: 'dynamodb', target, body, credentials: CREDENTIALS };
    const lines = Object.entries(signedHeaders(call)).map(([name, value]) => `${name}: ${value}`);
    return `POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  }

  async function write(...bodies: readonly string[]): Promise<Socket> {
    return send(bodies.map(wireOfWrite).join(''), gateway.port);
  }

  /** Answers the status of a write that the store answers at once. */
  async function served(body: string): Promise<number> {
    const answer = once(await write(body), 'data');
    (await store.received(body)).end('{}');
    return statusIn(await answer);
  }

  it('comes when the caller before has left, with all that it had sent at once', async () => {
    const caller = await write('first', 'second');
    await store.received('first');
    await delay(200);

    const leftAt = performance.now();
    caller.destroy();

    expect(await served('next')).toBe(200);
    expect(store.bodies).toEqual(['first', 'next']);
    // Not only because the store was silent for ten seconds.
    expect(performance.now() - leftAt).toBeLessThan(8_000);
  });

  it('passes by a caller who left while it waited', async () => {
    await write('first');
    const first = await store.received('first');
    const leaving = await write('left');
    const staying = await write('stayed');
    await delay(200);

    leaving.destroy();
    await delay(200);
    first.end('{}');
    (await store.received('stayed')).end('{}');

    expect(statusIn(await once(staying, 'data'))).toBe(200);
    expect(store.bodies).toEqual(['first', 'stayed']);
  });

  it('comes when the store breaks off, before its answer or within', async () => {
    for (const begin of BEGINNINGS) {
      const name = `broken ${begin.length}`;
      const closed = once((await write(name)).resume(), 'close');
      const { socket } = await store.received(name);
      socket?.write(begin);
      await delay(50);

      socket?.resetAndDestroy();

      await closed;
      expect(await served(`after ${name}`)).toBe(200);
    }
  });

  it('comes when the store fell silent, before its answer or within', async () => {
    for (const begin of BEGINNINGS) {
      const name = `silent ${begin.length}`;
      await write(name);
      const { socket } = await store.received(name);

      socket?.write(begin);

      expect(await served(`after ${name}`)).toBe(200);
    }
  });

  it('comes while an answer waits for its reader, longer than a silent store is waited for', async () => {
    const reader = await write('slow');
    const length = 16 * MIB;
    (await store.received('slow')).end('x'.repeat(length));

    await delay(11_000);
    expect(await served('next')).toBe(200);

    const received = text(reader);
    reader.setTimeout(1_000, () => reader.end());
    expect((await received).length).toBeGreaterThan(length);
  });
});
