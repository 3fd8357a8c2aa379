import {
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { SystemClock, WorkBudget } from '@sensorflow/kernel';
import { READINGS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { GroupCommit, LogReadingStore, Retention, type Reading } from '@sensorflow/sensor-data';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import { BlockBuilder } from '@sensorflow/sensor-data/log/block-builder.js';
import type { StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { hourOf, offsetOf } from '@sensorflow/sensor-data/log/hour-time.js';
import { undoneMark } from '@sensorflow/sensor-data/log/seal-removal.js';
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
import { setImmediate as turnOfEventLoop, setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.js';
import { findDynoxide } from '../../apps/local/src/dynamodb/find-dynoxide.js';
import {
  startDynoxide,
  type RunningDynoxide,
} from '../../apps/local/src/dynamodb/start-dynoxide.js';
import { FixedClock } from '../support/fixed-clock.js';
import { aReading, anInstant, pagesOf } from '../support/readings.js';

/** Answers one call in place of DynamoDB, or returns false to let it through. */
type Fault = (call: Call, response: ServerResponse) => boolean | Promise<boolean>;

interface Call {
  readonly operation: string;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

const ALL = { keys: { from: '0', to: ':' }, order: 'asc' } as const;
const DAY = [anInstant('2023-01-01T00:00:00Z'), anInstant('2023-01-02T00:00:00Z')] as const;
const KEY = '2023-01-01T00#s#00:01#0h3ahpqiv28p1';

let folder: string;
let dynoxide: RunningDynoxide;
let proxy: Server;
let client: DynamoDBClient;
let store: DynamoDbBlockStore;
let readings: LogReadingStore;
let fault: Fault;
let calls: Call[];
let failures: string[];
let equipmentCount = 0;
let equipmentId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dynamodb-block-store-'));
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

beforeEach(async () => {
  fault = () => false;
  failures = [];
  equipmentId = `EQ-${(equipmentCount += 1)}`;
  store = new DynamoDbBlockStore(client, 'readings', (kind) => failures.push(kind));
  await store.assertClockNow();
  calls = [];
  readings = new LogReadingStore(store, Retention.FOREVER, new SystemClock());
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

/** One reading a second, whose value is its second. */
function manyReadings(
  count: number,
  tags: Readonly<Record<string, string>> = {},
): readonly Reading[] {
  return Array.from({ length: count }, (_, second) =>
    aReading({
      equipmentId,
      timestamp: new Date(Date.UTC(2023, 0, 1) + second * 1000).toISOString(),
      value: second,
      tags,
    }),
  );
}

/** A block for each of them. */
function manyBlocks(count: number, tags?: Readonly<Record<string, string>>) {
  return manyReadings(count, tags).map((reading, n) => blockOf(reading, n));
}

function blockOf(
  { timestamp, values, tags }: Reading,
  n = 0,
  expiresAtEpochSeconds?: number,
): StoredBlock {
  const builder = new BlockBuilder(equipmentId, hourOf(timestamp), { by: 'ü "quoted"' });
  builder.add({ offsetNs: offsetOf(timestamp), values, tags });
  const stamp = { epochMicros: Date.UTC(2023, 8, 1) * 1000 + n, source: 'p1' };
  return builder.seal(stamp, expiresAtEpochSeconds);
}

async function storedValues(): Promise<readonly unknown[]> {
  fault = () => false;
  const page = await readings.range({ equipmentId, order: 'asc', limit: 1000 });
  return page.readings.map(({ values }) => values.get('value'));
}

async function rawItem({ equipmentId: S, key }: StoredBlock) {
  const Key = { equipmentId: { S }, block: { S: key } };
  return (await client.send(new GetItemCommand({ TableName: 'readings', Key }))).Item;
}

describe('a block', () => {
  it('expires when it says, alone and in a call with others, and never if it does not say', async () => {
    const [first, second, third] = manyReadings(3);
    if (!first || !second || !third) throw new Error('three readings are three');
    const [alone, one, other] = [blockOf(first, 0, 42), blockOf(second, 1, 43), blockOf(third, 2)];

    await store.putAll([alone]);
    await store.putAll([one, other]);

    expect((await rawItem(alone))?.['expiresAt']).toEqual({ N: '42' });
    expect((await rawItem(one))?.['expiresAt']).toEqual({ N: '43' });
    expect(await rawItem(other)).not.toHaveProperty('expiresAt');
  });

  it('expires with its hour when it is written under a retention, and is hidden then', async () => {
    const retention = Retention.ofDays(30);
    const expiresAtEpochSeconds = (hour: string) => retention.expiresAtEpochSeconds(hour);
    const writer = new GroupCommit(store, new SystemClock(), { expiresAtEpochSeconds });
    const clock = new FixedClock('2023-01-31T00:59:59.999Z');
    const kept = new LogReadingStore(store, retention, clock);
    await writer.write(manyReadings(1));

    const before = await kept.latest(equipmentId);
    clock.advance(1);

    const body = calls[0]?.body ?? '';
    expect(body).toContain(`"expiresAt":{"N":"${Date.UTC(2023, 0, 31, 1) / 1000}"}`);
    expect(before?.values.get('value')).toBe(0);
    expect(await kept.latest(equipmentId)).toBeUndefined();
  });
});

describe('an attempt that the network delivers late', () => {
  it('never brings back what was corrected, or removed, meanwhile', async () => {
    const [reading] = manyReadings(1);
    if (!reading) throw new Error('one reading is one');
    let land: () => Promise<unknown> = () => Promise.resolve();
    fault = (call, response) => {
      land = () => carryOut(call);
      return Boolean(response.socket?.resetAndDestroy());
    };

    expect(await store.putAll([blockOf(reading)])).toEqual(['unknown']);
    fault = () => false;
    const correction = { ...reading, values: new Map([['value', 7]]) };
    expect(await store.putAll([blockOf(correction, 1)])).toEqual(['stored']);
    await land();

    expect(await storedValues()).toEqual([7]);
  });
});

describe('a write that DynamoDB answers', () => {
  it('is a PutItem for one reading and a BatchWriteItem for several', async () => {
    await store.putAll(manyBlocks(1));
    await store.putAll(manyBlocks(2));

    expect(calls.map(({ operation }) => operation)).toEqual(['PutItem', 'BatchWriteItem']);
  });

  it('has the text that the SDK would send', async () => {
    const words = { values: { constructor: 0.1, 'p.2': -1e-100 }, tags: { toString: '"ü" 😀' } };
    const blocks = [0, 1].map((second) =>
      blockOf(aReading({ equipmentId, timestamp: `2023-01-01T00:00:0${second}.5Z`, ...words })),
    );
    const item = (second: number): Record<string, AttributeValue> => ({
      equipmentId: { S: equipmentId },
      block: { S: blocks[second]?.key ?? '' },
      tags: { S: JSON.stringify([[1, words.tags]]) },
      by: { S: 'ü "quoted"' },
      v: { M: { constructor: { S: '0.1' }, 'p.2': { S: '-1e-100' } } },
    });
    fault = (_, response) => reply(response, 200, { UnprocessedItems: {} });

    await store.putAll(blocks);
    await store.putAll(blocks.slice(0, 1));
    const puts = [0, 1].map((second) => ({ PutRequest: { Item: item(second) } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { readings: puts } }));
    await client.send(new PutItemCommand({ TableName: 'readings', Item: item(0) }));

    const [batch, put, batchOfSdk, putOfSdk] = calls.map(({ body }) => body);
    expect(batch).toBe(batchOfSdk);
    expect(put).toBe(putOfSdk);
  });

  it('leaves what was not processed not stored, and only that', async () => {
    const blocks = manyBlocks(4);
    fault = (_, response) =>
      reply(response, 200, {
        UnprocessedItems: {
          readings: [
            {
              PutRequest: {
                Item: {
                  equipmentId: { S: equipmentId },
                  block: { S: blocks[2]?.key },
                },
              },
            },
          ],
        },
      });

    expect(await store.putAll(blocks)).toEqual(['stored', 'stored', 'not-stored', 'stored']);
  });

  it.each([
    [
      'a leftover that was never sent',
      {
        UnprocessedItems: {
          readings: [{ PutRequest: { Item: { equipmentId: { S: 'x' }, block: { S: 'y' } } } }],
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

    expect(await store.putAll(manyBlocks(2))).toEqual(['unknown', 'unknown']);
  });

  it.each(['', 'null', '[]', '"{}"'])('confirms nothing with the body %j', async (body) => {
    fault = (_, response) => reply(response, 200, body);

    expect(await store.putAll(manyBlocks(1))).toEqual(['unknown']);
    expect(await store.putAll(manyBlocks(2))).toEqual(['unknown', 'unknown']);
  });
});

describe('a write that DynamoDB refuses', () => {
  it.each([
    'ProvisionedThroughputExceededException',
    'ThrottlingException',
    'RequestLimitExceeded',
  ])('is not stored when throttled by %s', async (name) => {
    fault = exception(name);

    expect(await store.putAll(manyBlocks(1))).toEqual(['not-stored']);
    expect(await store.putAll(manyBlocks(2))).toEqual(['not-stored', 'not-stored']);
    expect(failures).toEqual(['throttled', 'throttled']);
  });

  it.each(['AccessDeniedException', 'ExpiredTokenException', 'UnrecognizedClientException'])(
    'is not stored, and reported, for %s',
    async (name) => {
      fault = exception(name);

      expect(await store.putAll(manyBlocks(2))).toEqual(['not-stored', 'not-stored']);
      expect(failures).toEqual(['misconfigured']);
    },
  );

  it('is not stored when there is no table', async () => {
    const elsewhere = new DynamoDbBlockStore(client, 'no-such-table');

    expect(await elsewhere.putAll(manyBlocks(2))).toEqual(['not-stored', 'not-stored']);
  });

  it('is not stored when the store is down', async () => {
    const nowhere = new DynamoDbBlockStore(clientFor('http://127.0.0.1:1'), 'readings');

    expect(await nowhere.putAll(manyBlocks(2))).toEqual(['not-stored', 'not-stored']);
  });

  it('is refused for the one reading that cannot be, and stored for the 24 others', async () => {
    fault = (call, response) =>
      call.body.includes('#00:13#') && exception('ValidationException')(call, response);

    const outcomes = await store.putAll(manyBlocks(25));

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

    expect(await store.putAll(manyBlocks(1))).toEqual(['unknown']);
    expect(await store.putAll(manyBlocks(2))).toEqual(['unknown', 'unknown']);
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
    const lonelyStore = new DynamoDbBlockStore(lonely, 'readings', (kind) => failures.push(kind));
    await lonelyStore.assertClockNow();
    const writer = new GroupCommit(lonelyStore, new SystemClock());
    await writer.write([first]);
    // Until then it is not taken for the next call.
    await turnOfEventLoop();

    for (const socket of sockets) socket.resetAndDestroy();
    const answers = await writer.write([second]);

    expect(answers.map(({ outcome }) => outcome)).toEqual(['stored']);
    // It may be seen to be closed before the call is written to it: then nothing fails.
    expect(['', 'unknown']).toContain(failures.join());
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

describe('a process whose clock is not that of DynamoDB', () => {
  const wrongBy =
    (offsetMs: number): Fault =>
    (_call, response) => {
      response.setHeader('date', new Date(Date.now() + offsetMs).toUTCString());
      return false;
    };
  const sent = () => calls.map(({ operation }) => operation);

  it.each([-5_000, 5_000])('writes nothing until it is right: %d ms', async (offsetMs) => {
    // What earlier tests left unanswered may still fail.
    const failed: string[] = [];
    const own = new DynamoDbBlockStore(client, 'readings', (kind) => failed.push(kind));
    const [first, second, third, fourth] = manyBlocks(4).map((block) => [block]);
    if (!first || !second || !third || !fourth) throw new Error('four blocks');
    calls = [];
    fault = wrongBy(offsetMs);

    const atTheStart = await own.putAll(first);
    await delay(1_100);
    const stillWrong = await own.putAll(second);
    fault = () => false;
    await delay(1_100);
    // Stamped before anybody knew that the clock is right again.
    const tooEarly = await own.putAll(third);
    const right = await own.putAll(fourth);

    expect([atTheStart, stillWrong, tooEarly, right].flat()).toEqual([
      ...Array(3).fill('clock-wrong'),
      'stored',
    ]);
    expect(failed).toEqual(Array(3).fill('clock-skewed'));
    expect(sent()).toEqual(['GetItem', 'GetItem', 'GetItem', 'PutItem']);
  });

  it('sends no block later that it stamped while its clock was wrong, but those of imports', async () => {
    const own = new DynamoDbBlockStore(client, 'readings');
    const [stamped, other, fresh] = manyBlocks(3);
    if (!stamped || !other || !fresh) throw new Error('three blocks');
    const imported = { ...other, importId: 'import' };
    fault = wrongBy(5_000);
    const whileWrong = await own.putAll([stamped, imported]);
    fault = () => false;
    await delay(1_100);
    await own.putAll([undoneMark(equipmentId, '2023-01-01T00', 'import', 'someone')]);

    const later = await own.putAll([stamped, imported, fresh]);

    expect(whileWrong).toEqual(['clock-wrong', 'not-stored']);
    expect(later).toEqual(['clock-wrong', 'stored', 'stored']);
    expect(await own.putAll([stamped])).toEqual(['clock-wrong']);
  });

  it('is told so before it starts something that keeps its stamp', async () => {
    const failed: string[] = [];
    const own = new DynamoDbBlockStore(client, 'readings', (kind) => failed.push(kind));
    fault = wrongBy(5_000);

    await expect(own.assertClockNow()).rejects.toMatchObject({ name: 'ClockSkewed' });
    fault = () => false;

    await own.assertClockNow();
    expect(failed).toEqual(['clock-skewed']);
  });

  it('learns the time also where it may not read', async () => {
    const own = new DynamoDbBlockStore(client, 'readings');
    const [first, second] = [manyBlocks(1), manyBlocks(2).slice(1)];
    fault = (call, response) =>
      call.operation === 'GetItem' && exception('AccessDeniedException')(call, response);
    expect(await own.putAll(first)).toEqual(['stored']);
    fault = (call, response) => {
      void wrongBy(5_000)(call, response);
      return call.operation === 'GetItem' && exception('AccessDeniedException')(call, response);
    };

    await expect(own.assertClockNow()).rejects.toMatchObject({ name: 'ClockSkewed' });
    expect(await own.putAll(second)).toEqual(['clock-wrong']);
  });
});

describe('blocks in DynamoDB', () => {
  it('show one reading after 100 identical sends at once', async () => {
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
      const blocks = large.slice(i, i + 25).map((reading, n) => blockOf(reading, i + n));
      expect(new Set(await store.putAll(blocks))).toEqual(new Set(['stored']));
    }

    const scanned = (await pagesOf(readings.scanRange(equipmentId, ...DAY))).flat();
    const listed = [];
    const query = { equipmentId, order: 'asc', limit: 170 } as const;
    for (let after = undefined, pages = 0; pages < 10; pages += 1) {
      const page = await readings.range({ ...query, ...(after !== undefined && { after }) });
      listed.push(...page.readings);
      if (page.next === undefined) break;
      after = page.next;
    }
    const { next } = await store.query({ ...ALL, equipmentId, limit: 1000 });

    expect(next).toBeDefined();
    expect(scanned).toMatchObject(large);
    expect(listed).toMatchObject(large);
  });

  it('are read in calls of some kilobytes, until the page is full or its budget is spent', async () => {
    const many = manyReadings(600);
    const blocks = manyBlocks(600);
    for (let i = 0; i < 600; i += 25) await store.putAll(blocks.slice(i, i + 25));
    const budgetOf = (storeCalls: number) =>
      new WorkBudget(new AbortController().signal, new SystemClock(), { storeCalls, ms: Infinity });
    const query = { equipmentId, order: 'asc', limit: 599 } as const;
    const [ample, scant] = [budgetOf(100), budgetOf(2)];

    const whole = await readings.range(query, ample);
    const part = await readings.range(query, scant);
    const { next: after = anInstant('1970-01-01T00:00:00Z') } = part;
    const rest = await readings.range({ ...query, after }, budgetOf(100));

    expect(whole.readings).toMatchObject(many.slice(0, 599));
    expect(whole.next).toBe(many[598]?.timestamp);
    expect(ample.cost.storeCalls).toBeLessThan(20);
    expect(ample.cost.storeItems).toBeLessThan(800);
    expect(scant.cost.storeCalls).toBeLessThan(8);
    expect(part.readings.length).toBeLessThan(599);
    expect([...part.readings, ...rest.readings]).toMatchObject(many);
  });

  it('are not waited for once the client has gone', async () => {
    const reader = new AbortController();
    const budget = new WorkBudget(reader.signal, new SystemClock());
    fault = async () => {
      reader.abort();
      return Promise.resolve(true);
    };

    const query = { equipmentId, order: 'asc', limit: 1 } as const;
    const ends: unknown[] = [
      await readings.latest(equipmentId, budget).catch((error: unknown) => error),
      await readings.range(query, budget).catch((error: unknown) => error),
    ];

    expect(ends).toEqual([reader.signal.reason, reader.signal.reason]);
    expect(calls).toHaveLength(1);
  });

  it('are read with strong consistency only', async () => {
    await store.putAll(manyBlocks(1));
    calls = [];
    await readings.latest(equipmentId);
    await readings.range({ equipmentId, order: 'asc', limit: 1 });
    await readings.range({ equipmentId, from: DAY[0], order: 'desc', limit: 1 });
    await pagesOf(readings.scanRange(equipmentId, ...DAY));
    await pagesOf(readings.scanEquipment());

    expect(calls.length).toBeGreaterThan(4);
    expect(new Set(calls.map(({ body }) => JSON.parse(body).ConsistentRead))).toEqual(
      new Set([true]),
    );
  });

  it('cannot be read while the store is away, and say so without its words', async () => {
    fault = exception('InternalServerError', 500);

    await expect(readings.latest(equipmentId)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'store-unavailable',
      retryAfterSeconds: 1,
      message: expect.not.stringContaining('InternalServerError'),
    });
  });

  it.each([
    ['another sort key', { block: { S: '2023-01-01T00#s#x' }, v: { M: { value: { S: '1' } } } }],
    ['no column', { block: { S: KEY } }],
    ['a column of another type', { block: { S: KEY }, v: { M: { value: { N: '1' } } } }],
    ['a column of another length', { block: { S: KEY }, v: { M: { value: { S: '1 2' } } } }],
    ['no number in its column', { block: { S: KEY }, v: { M: { value: { S: 'warm' } } } }],
  ])('are not made up from an item that somebody else put there: %s', async (_name, item) => {
    const Item: Record<string, AttributeValue> = { equipmentId: { S: equipmentId }, ...item };
    await client.send(new PutItemCommand({ TableName: 'readings', Item }));

    const ends = await Promise.allSettled([
      readings.latest(equipmentId),
      pagesOf(readings.scanRange(equipmentId, ...DAY)),
    ]);

    for (const end of ends) {
      if (end.status === 'fulfilled') throw new Error(`shows ${JSON.stringify(end.value)}`);
      expect(String(end.reason)).toMatch(/unreadable|no block/);
    }
  });
});
