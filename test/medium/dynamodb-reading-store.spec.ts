import {
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { SystemClock, WorkBudget } from '@sensorflow/kernel';
import { READINGS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { GroupCommit, Retention, type StoredReading } from '@sensorflow/sensor-data';
import { DynamoDbReadingStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-reading-store.js';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.js';
import { findDynoxide } from '../../apps/local/src/dynamodb/find-dynoxide.js';
import {
  startDynoxide,
  type RunningDynoxide,
} from '../../apps/local/src/dynamodb/start-dynoxide.js';
import { aReading, anInstant, aStoredReading, pagesOf } from '../support/readings.js';

/** Answers one call in place of DynamoDB, or returns false to let it through. */
type Fault = (call: Call, response: ServerResponse) => boolean | Promise<boolean>;

interface Call {
  readonly operation: string;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

let folder: string;
let dynoxide: RunningDynoxide;
let proxy: Server;
let client: DynamoDBClient;
let store: DynamoDbReadingStore;
let fault: Fault;
let calls: Call[];
let failures: string[];
let equipmentCount = 0;
let equipmentId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dynamodb-reading-store-'));
  dynoxide = await startDynoxide({
    binary: findDynoxide(process.env),
    dbPath: join(folder, 'dynamodb.db'),
    port: 0,
    host: '127.0.0.1',
  });
  proxy = createServer((incoming, response) => void relay(incoming, response));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  client = clientFor(`http://127.0.0.1:${portOf(proxy)}`);
  fault = () => false;
  calls = [];
  await ensureTables(client, [{ definition: READINGS_TABLE, name: 'readings' }]);
});

beforeEach(() => {
  fault = () => false;
  calls = [];
  failures = [];
  equipmentId = `EQ-${(equipmentCount += 1)}`;
  store = new DynamoDbReadingStore(client, 'readings', (kind) => failures.push(kind));
});

afterAll(async () => {
  client.destroy();
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  await dynoxide.stop();
  await rm(folder, { recursive: true });
});

function clientFor(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ requestTimeout: 300, throwOnRequestTimeout: true }),
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address.port;
}

async function relay(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(incoming);
  const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
  const call = { operation, body, headers: incoming.headers };
  calls.push(call);
  if (await fault(call, response)) return;
  const answer = await carryOut(call);
  response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(answer.body);
}

/** Lets DynamoDB do what the call asks for. */
async function carryOut({ headers, body }: Call): Promise<{ status: number; body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: '127.0.0.1', port: dynoxide.port, method: 'POST', headers })
      .on('response', resolve)
      .on('error', reject)
      .end(body);
  });
  const answer = await text(response);
  return { status: response.statusCode ?? 0, body: answer };
}

/** Writes an answer of the DynamoDB protocol. */
function reply(response: ServerResponse, status: number, body: string | object): boolean {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
  return true;
}

function exception(name: string, status = 400): Fault {
  return (_, response) =>
    reply(response, status, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'no' });
}

function manyReadings(
  count: number,
  tags: Readonly<Record<string, string>> = {},
): readonly StoredReading[] {
  return Array.from({ length: count }, (_, second) =>
    aStoredReading({
      equipmentId,
      timestamp: new Date(Date.UTC(2023, 0, 1) + second * 1000).toISOString(),
      value: second,
      tags,
    }),
  );
}

async function storedValues(): Promise<readonly unknown[]> {
  fault = () => false;
  const { readings } = await store.range({ equipmentId, order: 'asc', limit: 1000 });
  return readings.map(({ values }) => values.get('value'));
}

async function rawItem(reading: StoredReading) {
  const { equipmentId: S, timestamp } = reading;
  const Key = { equipmentId: { S }, timestamp: { S: timestamp } };
  return (await client.send(new GetItemCommand({ TableName: 'readings', Key }))).Item;
}

describe('a reading under a retention', () => {
  it('expires so many days after its own instant, alone and in a batch', async () => {
    const kept = Retention.ofDays(30);
    const keeping = new DynamoDbReadingStore(client, 'readings', undefined, kept);
    const [first, second, third] = manyReadings(3);
    if (!first || !second || !third) throw new Error('three readings are three');

    await keeping.putAll([first]);
    await keeping.putAll([second, third]);

    const expiry = Date.UTC(2023, 0, 31) / 1000;
    expect((await rawItem(first))?.['expiresAt']).toEqual({ N: String(expiry) });
    expect((await rawItem(third))?.['expiresAt']).toEqual({ N: String(expiry + 2) });
    expect(await keeping.removeExactly(first)).toBe('removed');
  });

  it('has no expiry without one', async () => {
    const [reading] = manyReadings(1);
    if (!reading) throw new Error('one reading is one');

    await store.putAll([reading]);

    expect(await rawItem(reading)).not.toHaveProperty('expiresAt');
  });
});

describe('a removal', () => {
  it('leaves a later reading alone when the network delivers it late', async () => {
    const [seen] = manyReadings(1);
    if (!seen) throw new Error('one reading is one');
    const later = { ...seen, registerTime: anInstant('2023-09-02T00:00:00Z') };
    await store.putAll([seen]);
    let land: () => Promise<unknown> = () => Promise.resolve();
    fault = (call) => {
      if (call.operation !== 'DeleteItem') return false;
      land = () => carryOut(call);
      return true;
    };

    await expect(store.removeExactly(seen)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'outcome-unknown',
    });
    fault = () => false;
    expect(await store.removeExactly(seen)).toBe('removed');
    await store.putAll([later]);
    await land();

    expect(await store.find(seen)).toEqual(later);
  });

  it('looks with strong consistency', async () => {
    await store.find({ equipmentId, timestamp: anInstant('2023-09-02T00:00:00Z') });

    expect(calls).toMatchObject([{ operation: 'GetItem' }]);
    expect(JSON.parse(calls[0]?.body ?? '')).toMatchObject({ ConsistentRead: true });
  });
});

describe('a write that DynamoDB answers', () => {
  it('is a PutItem for one reading and a BatchWriteItem for several', async () => {
    await store.putAll(manyReadings(1));
    await store.putAll(manyReadings(2));

    expect(calls.map(({ operation }) => operation)).toEqual(['PutItem', 'BatchWriteItem']);
  });

  it('has the text that the SDK would send', async () => {
    const item = (second: number): Record<string, AttributeValue> => ({
      equipmentId: { S: equipmentId },
      timestamp: { S: `2023-01-01T00:00:0${second}.000000000Z` },
      values: { M: { constructor: { N: '0.1' }, 'p.2': { N: '-1e-100' } } },
      tags: { M: { toString: { S: '"ü"\n😀 \ud800' } } },
      registerTime: { S: '2023-09-01T00:00:00.000000000Z' },
    });
    const readings = [0, 1].map((second) =>
      aStoredReading({
        equipmentId,
        timestamp: `2023-01-01T00:00:0${second}Z`,
        values: { constructor: 0.1, 'p.2': -1e-100 },
        tags: { toString: '"ü"\n😀 \ud800' },
        registerTime: '2023-09-01T00:00:00Z',
      }),
    );
    fault = (_, response) => reply(response, 200, { UnprocessedItems: {} });

    await store.putAll(readings);
    await store.putAll(readings.slice(0, 1));
    const puts = [0, 1].map((second) => ({ PutRequest: { Item: item(second) } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { readings: puts } }));
    await client.send(new PutItemCommand({ TableName: 'readings', Item: item(0) }));

    const [batch, put, batchOfSdk, putOfSdk] = calls.map(({ body }) => body);
    expect(batch).toBe(batchOfSdk);
    expect(put).toBe(putOfSdk);
  });

  it('leaves what was not processed not stored, and only that', async () => {
    const readings = manyReadings(4);
    fault = (_, response) =>
      reply(response, 200, {
        UnprocessedItems: {
          readings: [
            {
              PutRequest: {
                Item: {
                  equipmentId: { S: equipmentId },
                  timestamp: { S: readings[2]?.timestamp },
                  value: { N: '2' },
                },
              },
            },
          ],
        },
      });

    expect(await store.putAll(readings)).toEqual(['stored', 'stored', 'not-stored', 'stored']);
  });

  it.each([
    [
      'a leftover that was never sent',
      {
        UnprocessedItems: {
          readings: [{ PutRequest: { Item: { equipmentId: { S: 'x' }, timestamp: { S: 'y' } } } }],
        },
      },
    ],
    ['a leftover without a key', { UnprocessedItems: { readings: [{}] } }],
    ['a leftover that is nothing', { UnprocessedItems: { readings: [null] } }],
    ['leftovers that are no list', { UnprocessedItems: { readings: 'x' } }],
    ['leftovers of no table', { UnprocessedItems: [] }],
    ['null for leftovers', { UnprocessedItems: null }],
    ['no word on leftovers', {}],
  ])('confirms nothing of a batch with %s', async (_, body) => {
    fault = (_call, response) => reply(response, 200, body);

    expect(await store.putAll(manyReadings(2))).toEqual(['unknown', 'unknown']);
  });

  it.each(['', 'null', '[]', '"{}"'])('confirms nothing with the body %j', async (body) => {
    fault = (_, response) => reply(response, 200, body);

    expect(await store.putAll(manyReadings(1))).toEqual(['unknown']);
    expect(await store.putAll(manyReadings(2))).toEqual(['unknown', 'unknown']);
  });
});

describe('a write that DynamoDB refuses', () => {
  it.each([
    'ProvisionedThroughputExceededException',
    'ThrottlingException',
    'RequestLimitExceeded',
  ])('is not stored when throttled by %s', async (name) => {
    fault = exception(name);

    expect(await store.putAll(manyReadings(1))).toEqual(['not-stored']);
    expect(await store.putAll(manyReadings(2))).toEqual(['not-stored', 'not-stored']);
    expect(failures).toEqual(['throttled', 'throttled']);
  });

  it.each(['AccessDeniedException', 'ExpiredTokenException', 'UnrecognizedClientException'])(
    'is not stored, and reported, for %s',
    async (name) => {
      fault = exception(name);

      expect(await store.putAll(manyReadings(2))).toEqual(['not-stored', 'not-stored']);
      expect(failures).toEqual(['misconfigured']);
    },
  );

  it('is not stored when there is no table', async () => {
    const elsewhere = new DynamoDbReadingStore(client, 'no-such-table');

    expect(await elsewhere.putAll(manyReadings(2))).toEqual(['not-stored', 'not-stored']);
  });

  it('is not stored when nobody listens', async () => {
    const nowhere = new DynamoDbReadingStore(clientFor('http://127.0.0.1:1'), 'readings');

    expect(await nowhere.putAll(manyReadings(2))).toEqual(['not-stored', 'not-stored']);
  });

  it('is refused for the one reading that cannot be, and stored for the 24 others', async () => {
    fault = (call, response) =>
      call.body.includes('00:00:13') && exception('ValidationException')(call, response);

    const outcomes = await store.putAll(manyReadings(25));

    expect(outcomes).toEqual(
      Array.from({ length: 25 }, (_, second) => (second === 13 ? 'refused' : 'stored')),
    );
    expect(await storedValues()).toHaveLength(24);
  });
});

describe('a write whose answer is lost', () => {
  const lost: readonly (readonly [string, Fault])[] = [
    ['a reset', (_, response) => Boolean(response.socket?.resetAndDestroy())],
    ['silence', () => true],
    ['500', exception('InternalServerError', 500)],
    ['503', exception('ServiceUnavailable', 503)],
    ['a page of HTML', (_, response) => reply(response, 200, '<html>')],
    ['an error page of HTML', (_, response) => reply(response, 502, '<html>')],
    ['a 413 of who stands between', (_, response) => reply(response, 413, '{"error": "large"}')],
    ['a 200 that names an exception', exception('ValidationException', 200)],
    ['a 400 that is not of DynamoDB', (_, response) => reply(response, 400, '{"error": "no"}')],
    [
      'half an answer',
      (_, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"Unprocess', () => response.destroy());
        return true;
      },
    ],
  ];

  it.each(lost)('is unknown: %s', async (_, cut) => {
    fault = cut;

    expect(await store.putAll(manyReadings(1))).toEqual(['unknown']);
    expect(await store.putAll(manyReadings(2))).toEqual(['unknown', 'unknown']);
  });

  it.each(lost)('is made good by the writer: %s', async (name, cut) => {
    const [first] = manyReadings(1);
    // Two seconds of silence would be all the time that a write has.
    const cuts = name === 'silence' ? 1 : 2;
    fault = async (call, response) => {
      if (calls.length > cuts) return false;
      expect((await carryOut(call)).status).toBe(200);
      return cut(call, response);
    };

    const answers = await new GroupCommit(store, new SystemClock()).write(first ? [first] : []);

    expect(answers.map(({ outcome }) => outcome)).toEqual(['stored']);
    expect(await storedValues()).toEqual([0]);
  });

  it('is made good by the writer: a kept connection that closes as the write leaves', async () => {
    const [first, second] = manyReadings(2);
    if (!first || !second) throw new Error('two readings');
    const sockets: Socket[] = [];
    const note = (socket: Socket) => sockets.push(socket);
    proxy.on('connection', note);
    const lonely = clientFor(`http://127.0.0.1:${portOf(proxy)}`);
    store = new DynamoDbReadingStore(lonely, 'readings', (kind) => failures.push(kind));
    const writer = new GroupCommit(store, new SystemClock());
    await writer.write([first]);

    for (const socket of sockets) socket.resetAndDestroy();
    const answers = await writer.write([second]);

    expect(answers.map(({ outcome }) => outcome)).toEqual(['stored']);
    expect(failures).toEqual(['unknown']);
    expect(await storedValues()).toEqual([0, 1]);
    proxy.off('connection', note);
    lonely.destroy();
  });

  it('stays unknown when the answers stay lost, within three seconds and a half', async () => {
    fault = () => true;
    const started = performance.now();

    const answers = await new GroupCommit(store, new SystemClock()).write(manyReadings(30));

    expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(['unknown']));
    expect(performance.now() - started).toBeLessThan(3_500);
  });
});

describe('readings in DynamoDB', () => {
  it('are one item after 100 identical sends at once', async () => {
    const writer = new GroupCommit(store, new SystemClock());

    const answers = await Promise.all(
      Array.from({ length: 100 }, () => writer.write([aReading({ equipmentId, value: 1.5 })])),
    );

    expect(answers.flat().map(({ outcome }) => outcome)).toEqual(Array(100).fill('stored'));
    expect(await storedValues()).toEqual([1.5]);
  });

  it('are scanned over the store’s pages of a megabyte, and listed a page at a time', async () => {
    const tags = Object.fromEntries(
      Array.from({ length: 16 }, (_, i) => [`tag${i}`, 'ü'.repeat(256)]),
    );
    const large = manyReadings(300, tags);
    for (let i = 0; i < 300; i += 25) {
      expect(new Set(await store.putAll(large.slice(i, i + 25)))).toEqual(new Set(['stored']));
    }

    const scanned = await pagesOf(
      store.scanRange(
        equipmentId,
        anInstant('2023-01-01T00:00:00Z'),
        anInstant('2023-01-02T00:00:00Z'),
      ),
    );
    const listed = [];
    for (let after = undefined, pages = 0; pages < 10; pages += 1) {
      const page = await store.range({
        equipmentId,
        order: 'asc',
        limit: 1000,
        ...(after !== undefined && { after }),
      });
      listed.push(...page.readings);
      if (page.next === undefined) break;
      after = page.next;
    }

    expect(scanned.length).toBeGreaterThan(1);
    expect(scanned.flat()).toEqual(large);
    expect(listed).toEqual(large);
  });

  it('are read a few hundred at a time, until the page is full or its budget is spent', async () => {
    const many = manyReadings(600);
    for (let i = 0; i < 600; i += 25) await store.putAll(many.slice(i, i + 25));
    const budgetOf = (storeCalls: number) =>
      new WorkBudget(new AbortController().signal, new SystemClock(), { storeCalls, ms: Infinity });
    const query = { equipmentId, order: 'asc', limit: 599 } as const;
    const [ample, scant] = [budgetOf(100), budgetOf(2)];

    const whole = await store.range(query, ample);
    const part = await store.range(query, scant);

    expect(whole).toEqual({ readings: many.slice(0, 599), next: many[598]?.timestamp });
    expect(ample.cost).toMatchObject({ storeCalls: 3, storeItems: 600 });
    expect(part).toEqual({ readings: many.slice(0, 502), next: many[501]?.timestamp });
  });

  it('are not waited for once the client has gone', async () => {
    const reader = new AbortController();
    const budget = new WorkBudget(reader.signal, new SystemClock());
    fault = async () => {
      reader.abort();
      return Promise.resolve(true);
    };

    const query = { equipmentId, order: 'asc', limit: 1 } as const;
    const ends = [
      await store.latest(equipmentId, budget).catch((error: unknown) => error),
      await store.range(query, budget).catch((error: unknown) => error),
    ];

    expect(ends).toEqual([reader.signal.reason, reader.signal.reason]);
    expect(calls).toHaveLength(1);
  });

  it('are read with strong consistency only', async () => {
    await store.latest(equipmentId);
    await store.range({ equipmentId, order: 'asc', limit: 1 });
    await pagesOf(
      store.scanRange(
        equipmentId,
        anInstant('2023-01-01T00:00:00Z'),
        anInstant('2023-01-02T00:00:00Z'),
      ),
    );

    expect(calls.map(({ body }) => JSON.parse(body).ConsistentRead)).toEqual([true, true, true]);
  });

  it('cannot be read while the store is away, and say so without its words', async () => {
    fault = exception('InternalServerError', 500);

    await expect(store.latest(equipmentId)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'store-unavailable',
      retryAfterSeconds: 1,
      message: expect.not.stringContaining('InternalServerError'),
    });
  });

  it('are not made up from an item that somebody else put there', async () => {
    await client.send(
      new PutItemCommand({
        TableName: 'readings',
        Item: { equipmentId: { S: equipmentId }, timestamp: { S: '2023-01-01T00:00:00Z' } },
      }),
    );

    await expect(store.latest(equipmentId)).rejects.toThrow(/unreadable: timestamp/);
  });
});
