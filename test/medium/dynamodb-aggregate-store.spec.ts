import {
  DynamoDBClient,
  ScanCommand,
  type BatchGetItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import {
  hourOf,
  HourRecomputer,
  parseHour,
  SumRecomputer,
  type EquipmentHour,
  type Hour,
} from '@sensorflow/aggregation';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbClosingProgress } from '@sensorflow/aggregation/dynamodb/dynamodb-closing-progress.js';
import { DynamoDbFleetStore } from '@sensorflow/aggregation/dynamodb/dynamodb-fleet-store.js';
import type { HourlyAggregates } from '@sensorflow/aggregation/hourly-aggregates.js';
import type { MetricHour } from '@sensorflow/aggregation/hours/aggregate-store.js';
import { foldReadings } from '@sensorflow/aggregation/hours/hourly-aggregate.js';
import { SystemClock, WorkBudget } from '@sensorflow/kernel';
import { AGGREGATES_TABLE, READINGS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { LogReadingStore, Retention } from '@sensorflow/sensor-data';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.js';
import { findDynoxide } from '../../apps/local/src/dynamodb/find-dynoxide.js';
import {
  startDynoxide,
  type RunningDynoxide,
} from '../../apps/local/src/dynamodb/start-dynoxide.js';
import { aBlockOf } from '../support/blocks.js';
import { hourlyAggregatesOn } from '../support/hourly-aggregates.js';
import { InMemoryClosingProgress } from '../support/in-memory-closing-progress.js';
import { aStoredReading } from '../support/readings.js';

const NEVER = Number.POSITIVE_INFINITY;
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

let dynoxide: RunningDynoxide;
let client: DynamoDBClient;
let folder: string;
let table: string;
let tables = 0;
let calls: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aggregates-'));
  dynoxide = await startDynoxide({
    binary: findDynoxide(process.env),
    dbPath: join(folder, 'dynamodb.db'),
    port: 0,
    host: '127.0.0.1',
  });
  client = new DynamoDBClient({ endpoint: dynoxide.url, region: 'local', credentials });
  client.middlewareStack.add(
    (next, context) => (args) => {
      calls.push(String(context.commandName));
      return next(args);
    },
    { step: 'initialize' },
  );
});

afterAll(async () => {
  client.destroy();
  await dynoxide.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  calls = [];
  table = `aggregates-${(tables += 1)}`;
  await ensureTables(client, [
    { definition: AGGREGATES_TABLE, name: table },
    { definition: READINGS_TABLE, name: `readings-${table}` },
  ]);
  calls = [];
});

function anHour(text: string): Hour {
  const hour = parseHour(text);
  if (hour === undefined) throw new Error(`${text} is no hour`);
  return hour;
}

/** So many hours later. */
function hourPlus(hour: Hour, hours: number): Hour {
  const start = Date.parse(`${hour}:00:00Z`);
  return anHour(new Date(start + hours * 3_600_000).toISOString().slice(0, 13));
}

function aCell(equipmentId: string, hour: string, value = 1, version = 1) {
  const reading = aStoredReading({ equipmentId, timestamp: `${hour}:30:00Z`, value });
  return {
    equipmentId,
    hour: hourOf(reading.timestamp),
    version,
    metrics: foldReadings([reading]),
    isClosed: true,
  };
}

function aReader(shards: number): HourlyAggregates {
  return hourlyAggregatesOn(
    new DynamoDbAggregateStore(client, table, shards),
    new DynamoDbFleetStore(client, table),
    undefined,
    new DynamoDbClosingProgress(client, table),
  );
}

/** As if the aggregates' stream had been worked off for the metric `value`. */
async function sumUp(shards: number, hours: Iterable<Hour>): Promise<void> {
  const sums = new SumRecomputer(new DynamoDbFleetStore(client, table), new SystemClock());
  for (const hour of hours) {
    for (let shard = 0; shard < shards; shard += 1) {
      await sums.recomputeShardHour({ shard, hour }, ['value'], NEVER);
    }
    await sums.recomputeFleetHour({ metric: 'value', hour }, NEVER);
  }
}

describe('the aggregates table', () => {
  it('holds an equipment-hour under its day, shard, hour and equipment', async () => {
    await new DynamoDbAggregateStore(client, table, 1).replaceCell(
      aCell('EQ-1', '2023-02-15T06', 1.5),
    );

    const { Items: items } = await client.send(new ScanCommand({ TableName: table }));

    const at = { S: '2023-02-15T06:30:00.000000000Z' };
    const n = { N: '1.5' };
    expect(items).toHaveLength(2);
    expect(items).toContainEqual({
      partition: { S: 'layout' },
      cell: { S: '2023-02-15' },
      shards: { N: '1' },
    });
    expect(items).toContainEqual({
      partition: { S: '2023-02-15#0' },
      cell: { S: '2023-02-15T06#EQ-1' },
      version: { N: '1' },
      closed: { BOOL: true },
      metrics: {
        M: {
          value: {
            M: {
              count: { N: '1' },
              total: { S: '1.5' },
              min: n,
              max: n,
              first: n,
              last: n,
              firstAt: at,
              lastAt: at,
              late: { N: '1' },
            },
          },
        },
      },
    });
  });

  it('keeps the layout that a day began with when new days get more shards', async () => {
    await new DynamoDbAggregateStore(client, table, 1).replaceCell(aCell('EQ-1', '2023-02-15T06'));
    const store = new DynamoDbAggregateStore(client, table, 16);
    for (let i = 2; i < 40; i += 1) {
      await store.replaceCell(aCell(`EQ-${i}`, '2023-02-15T06'));
      await store.replaceCell(aCell(`EQ-${i}`, '2023-02-16T06'));
    }

    const partitions = async (day: string) => {
      const { Items: items = [] } = await client.send(new ScanCommand({ TableName: table }));
      const names = items.map(({ partition }) => partition?.S ?? '');
      return new Set(names.filter((name) => name.startsWith(day))).size;
    };

    expect(await partitions('2023-02-15')).toBe(1);
    expect(await partitions('2023-02-16')).toBeGreaterThan(8);
    expect(await store.readState(aCell('EQ-1', '2023-02-15T06'))).toMatchObject({ version: 1 });
  });

  it('gets one layout a day from writers that begin it at once with different configurations', async () => {
    const stores = [1, 2, 3, 4, 5, 6, 7, 8].map(
      (shards) => new DynamoDbAggregateStore(client, table, shards),
    );

    await Promise.all(
      stores.map((store, i) => store.replaceCell(aCell(`EQ-${i}`, '2023-02-15T06'))),
    );

    const range = { from: anHour('2023-02-15T00'), to: anHour('2023-02-16T00') };
    const { items } = await aReader(99).report({ metric: 'value', range, limit: 100 });
    expect(items).toHaveLength(8);
  });

  it('pages over many shards and days as the unpaged list goes', async () => {
    const store = new DynamoDbAggregateStore(client, table, 7);
    const days = ['2023-02-14', '2023-02-15', '2023-02-20', '2023-03-01'];
    const cells = days.flatMap((day) =>
      Array.from({ length: 30 }, (_, i) =>
        aCell(`EQ-${i}`, `${day}T${String(i % 24).padStart(2, '0')}`, i),
      ),
    );
    await Promise.all(cells.map((cell) => store.replaceCell(cell)));
    await sumUp(7, new Set(cells.map(({ hour }) => hour)));
    const aggregates = aReader(7);
    const query = {
      metric: 'value',
      range: { from: anHour('2023-02-14T05'), to: anHour('2023-03-01T20') },
    };

    const unpaged = await aggregates.report({ ...query, limit: 1000 });
    const items: MetricHour[] = [];
    let after: EquipmentHour | undefined;
    do {
      const page = await aggregates.report({ ...query, limit: 13, ...(after && { after }) });
      expect(page.summary).toEqual(unpaged.summary);
      items.push(...page.items);
      after = page.next;
    } while (after !== undefined);

    expect(unpaged.items).toHaveLength(unpaged.summary?.count ?? 0);
    expect(unpaged.items.length).toBeGreaterThan(90);
    expect(items).toEqual(unpaged.items);
  });

  it('reads on when a range has more than the megabyte of one answer, of all equipment and of one', async () => {
    const values = Object.fromEntries(
      Array.from({ length: 401 }, (_, i) => [i === 0 ? 'value' : `m${i}`.padEnd(64, 'x'), 0.1]),
    );
    const store = new DynamoDbAggregateStore(client, table, 1);
    for (let hour = 0; hour < 20; hour += 1) {
      const start = anHour(`2023-02-15T${String(hour).padStart(2, '0')}`);
      const reading = aStoredReading({ timestamp: `${start}:30:00Z`, values });
      const metrics = foldReadings([reading]);
      const cell = { equipmentId: 'EQ-1', hour: start, version: 1, metrics, isClosed: true };
      await store.replaceCell(cell);
    }
    const range = { from: anHour('2023-02-15T00'), to: anHour('2023-02-16T00') };
    const query = { metric: 'value', range, limit: 1000 };
    calls = [];

    const ofAll = await aReader(1).report(query);
    const callsForAll = calls.splice(0).length;
    const ofOne = await aReader(1).report({ ...query, equipmentId: 'EQ-1' });

    expect(ofAll.items).toHaveLength(20);
    expect(ofOne.summary?.total.toString()).toBe('2');
    expect(ofOne.items).toEqual(ofAll.items);
    expect(callsForAll).toBeGreaterThan(3);
  });
});

describe('the calls that an aggregate costs', () => {
  const EQ_1 = { equipmentId: 'EQ-1', hour: anHour('2023-02-15T06') };

  async function aRecomputer() {
    const blocks = new DynamoDbBlockStore(client, `readings-${table}`);
    const readings = new LogReadingStore(blocks, Retention.FOREVER, new SystemClock());
    const store = new DynamoDbAggregateStore(client, table, 1);
    const reading = aStoredReading({
      equipmentId: 'EQ-1',
      timestamp: '2023-02-15T06:30:00Z',
      values: Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`metric-${i}`, i])),
    });
    await blocks.putAll([aBlockOf(reading)]);
    calls = [];
    const closing = new InMemoryClosingProgress(anHour('2023-02-16T00'));
    return new HourRecomputer({ readings, aggregates: store, closing }, new SystemClock());
  }

  it('are three for a dirty hour with 64 metrics, two when this process wrote it before', async () => {
    const recomputer = await aRecomputer();
    await recomputer.recomputeHour({ ...EQ_1, hour: anHour('2023-02-15T05') }, NEVER);
    calls = [];

    await recomputer.recomputeHour(EQ_1, NEVER);
    const first = calls.splice(0);
    await recomputer.recomputeHour(EQ_1, NEVER);

    expect(first).toEqual(['GetItemCommand', 'QueryCommand', 'PutItemCommand']);
    expect(calls).toEqual(['QueryCommand', 'PutItemCommand']);
  });

  it('are two more for the first hour of a day, which lays the day out', async () => {
    const recomputer = await aRecomputer();

    await recomputer.recomputeHour(EQ_1, NEVER);

    expect(calls).toHaveLength(5);
  });

  it('for a year with readings on two days are two for the summary, one for the layouts and one a day and shard', async () => {
    const store = new DynamoDbAggregateStore(client, table, 3);
    await store.replaceCell(aCell('EQ-1', '2023-02-15T06'));
    await store.replaceCell(aCell('EQ-1', '2023-09-15T06'));
    calls = [];

    const range = { from: anHour('2023-01-01T00'), to: anHour('2024-01-01T00') };
    await aReader(3).report({ metric: 'value', range, limit: 10 });

    expect(calls).toHaveLength(2 + 1 + 2 * 3);
  });
});

describe('the cells of one equipment', () => {
  const MONTH = { from: anHour('2023-01-31T17'), to: anHour('2023-03-02T17') };
  let requests: BatchGetItemCommandInput[];

  beforeEach(() => {
    requests = [];
    client.middlewareStack.add(
      (next) => (args) => {
        if (isBatchGet(args.input)) requests.push(args.input);
        return next(args);
      },
      { step: 'initialize', name: 'noting', override: true },
    );
  });

  afterEach(() => client.middlewareStack.remove('noting'));

  /** One cell a day, so that every day is laid out. */
  async function putDays(days: number): Promise<void> {
    const store = new DynamoDbAggregateStore(client, table, 4);
    for (let day = 0; day < days; day += 1) {
      await store.replaceCell(aCell('EQ-1', hourPlus(MONTH.from, day * 24 + 3)));
    }
    calls = [];
  }

  const aQuery = (range = MONTH) => ({ metric: 'value', range, limit: 1000, equipmentId: 'EQ-1' });

  /** Each key costs half a unit, whether a cell is there or not: none has more than 4 KB here. */
  const readUnits = () => requests.flatMap(keysIn).length / 2;

  it('of a month cost eight calls and 360 read units, and one call more where a day is new', async () => {
    await putDays(31);
    const reader = aReader(4);
    const budget = new WorkBudget(new AbortController().signal, new SystemClock());

    const first = await reader.report(aQuery(), budget);
    const firstCalls = calls.splice(0);
    requests = [];
    const again = await reader.report(aQuery(), budget);

    expect(first.items).toHaveLength(30);
    expect(again).toEqual(first);
    expect(firstCalls).toEqual(['QueryCommand', ...eightTimes('BatchGetItemCommand')]);
    expect(calls).toEqual(eightTimes('BatchGetItemCommand'));
    expect(readUnits()).toBe(360);
    // And a look into the log for the hours without a cell, each time.
    expect(budget.cost.storeCalls).toBe(17 + 2);
    expect(requests.some(({ RequestItems: of }) => of?.[table]?.ConsistentRead)).toBe(false);
  });

  it('are not asked for on days without a layout', async () => {
    await putDays(2);

    const { items } = await aReader(4).report(aQuery());

    expect(items).toHaveLength(2);
    expect(calls).toEqual(['QueryCommand', 'BatchGetItemCommand']);
    // From 17:00 on of the first day, and the whole second one.
    expect(requests.flatMap(keysIn)).toHaveLength(7 + 24);
  });

  it('of a day that is laid out meanwhile are found', async () => {
    await putDays(2);
    const reader = aReader(4);
    await reader.report(aQuery());
    await new DynamoDbAggregateStore(client, table, 9).replaceCell(aCell('EQ-1', '2023-02-20T00'));

    const { items } = await reader.report(aQuery());

    expect(items.map(({ hour }) => hour)).toContain('2023-02-20T00');
  });

  it('come whole by 25 at most, so that an answer stays small', async () => {
    await putDays(3);

    const store = new DynamoDbAggregateStore(client, table, 4);
    for await (const page of store.scanCells('EQ-1', MONTH)) {
      expect(page.length).toBeLessThanOrEqual(1 + 1);
    }

    expect(requests.map((request) => keysIn(request).length)).toEqual([25, 25, 5]);
  });

  it('of the last day there is end with it', async () => {
    const range = { from: anHour('9999-12-31T20'), to: anHour('9999-12-31T23') };
    const store = new DynamoDbAggregateStore(client, table, 4);
    await store.replaceCell(aCell('EQ-1', '9999-12-31T22'));

    const fleet = new DynamoDbFleetStore(client, table);
    const { items } = await hourlyAggregatesOn(store, fleet).report(aQuery(range));

    expect(items.map(({ hour }) => hour)).toEqual(['9999-12-31T22']);
  });

  function keysIn({ RequestItems: of }: BatchGetItemCommandInput) {
    return of?.[table]?.Keys ?? [];
  }
});

function isBatchGet(input: object): input is BatchGetItemCommandInput {
  return 'RequestItems' in input && Object.values(Object(input.RequestItems)).some(hasKeys);
}

function hasKeys(of: unknown): boolean {
  return typeof of === 'object' && of !== null && 'Keys' in of;
}

function eightTimes(call: string): readonly string[] {
  return Array.from({ length: 8 }, () => call);
}

describe('a list of a metric that no equipment has', () => {
  const YEAR = { from: anHour('2023-01-01T00'), to: anHour('2024-01-01T00') };
  const query = { metric: 'unknown', range: YEAR, limit: 1 };

  function aBudget(signal = new AbortController().signal): WorkBudget {
    return new WorkBudget(signal, new SystemClock(), { storeCalls: 20, ms: Infinity });
  }

  /** A cell at noon of each of so many days. */
  async function putDays(days: number): Promise<void> {
    const store = new DynamoDbAggregateStore(client, table, 1);
    for (let day = 0; day < days; day += 1) {
      await store.replaceCell(aCell('EQ-1', hourPlus(YEAR.from, day * 24 + 12)));
    }
    calls = [];
  }

  it('reads its cells some hundreds at a time, were only one wanted', async () => {
    const store = new DynamoDbAggregateStore(client, table, 1);
    const cells = Array.from({ length: 480 }, (_, i) =>
      aCell(`EQ-${Math.floor(i / 24)}`, hourPlus(YEAR.from, i % 24)),
    );
    await Promise.all(cells.map((cell) => store.replaceCell(cell)));
    calls = [];

    const { next } = await aReader(1).report(query, aBudget());

    expect(next).toBeUndefined();
    // The mark of closed hours, the fleet's hours, the layouts, and two pages of the day.
    expect(calls).toHaveLength(5);
  });

  it('ends its pages when their budget is spent, and the range all the same', async () => {
    await putDays(48);

    const ends: (EquipmentHour | undefined)[] = [];
    const most: number[] = [];
    do {
      const after = ends.at(-1);
      const budget = aBudget();
      const page = await aReader(1).report({ ...query, ...(after && { after }) }, budget);
      expect(page.items).toEqual([]);
      ends.push(page.next);
      most.push(budget.cost.storeCalls);
    } while (ends.at(-1) !== undefined);

    expect(ends).toHaveLength(3);
    expect(Math.max(...most)).toBe(20);
    expect(most.reduce((a, b) => a + b)).toBe(calls.length);
  });

  it('asks the store nothing more once its client has gone', async () => {
    await putDays(30);
    const clientOfOurs = new AbortController();
    const budget = new WorkBudget(clientOfOurs.signal, new SystemClock());

    const report = aReader(1).report(query, budget);
    await expect.poll(() => calls.length, { interval: 1 }).toBeGreaterThan(5);
    clientOfOurs.abort();

    await expect(report).rejects.toBe(clientOfOurs.signal.reason);
    expect(calls.length).toBeLessThan(30);
    const before = calls.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(calls).toHaveLength(before);
  });
});

describe('a cell', () => {
  it('with more metrics than an item holds is refused with a code of its own', async () => {
    const values = Object.fromEntries(
      Array.from({ length: 3000 }, (_, i) => [
        `a-metric-with-a-rather-long-name-${i}`,
        i + 0.123456789,
      ]),
    );
    const reading = aStoredReading({ values });
    const hour = hourOf(reading.timestamp);
    const metrics = foldReadings([reading]);
    const store = new DynamoDbAggregateStore(client, table, 1);

    const writing = store.replaceCell({ equipmentId: 'EQ-1', hour, version: 1, metrics });

    await expect(writing).rejects.toMatchObject({ kind: 'invalid', code: 'aggregate-too-large' });
  });

  it('with so many metrics that no request would carry it is refused without a call', async () => {
    const cell = aCell('EQ-1', '2023-02-15T06');
    const aggregate = cell.metrics.get('value');
    if (aggregate === undefined) throw new Error('no aggregate');
    const names = Array.from({ length: 200_000 }, (_, i) => `m${i}`);
    const metrics = new Map(names.map((name) => [name, aggregate]));
    const store = new DynamoDbAggregateStore(client, table, 1);

    const writing = store.replaceCell({ ...cell, metrics });

    await expect(writing).rejects.toMatchObject({ kind: 'invalid', code: 'aggregate-too-large' });
    expect(calls).not.toContain('PutItemCommand');
  });

  it('holds 1,500 metrics with names of the longest kind', async () => {
    const values = Object.fromEntries(
      Array.from({ length: 1500 }, (_, i) => [`m${i}`.padEnd(64, 'x'), -(i + 0.1234567890123)]),
    );
    const reading = aStoredReading({ values });
    const cell = { ...aCell('EQ-1', '2023-02-15T06'), metrics: foldReadings([reading]) };
    const store = new DynamoDbAggregateStore(client, table, 1);

    expect(await store.replaceCell(cell)).toBe('replaced');
  });
});

describe('a store that does not answer', () => {
  let broken: Server;
  let store: DynamoDbAggregateStore;
  let fleet: DynamoDbFleetStore;

  beforeEach(async () => {
    broken = createServer((_, response) => {
      response.writeHead(500, { 'content-type': 'application/x-amz-json-1.0' });
      response.end('{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}');
    });
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
    const address = broken.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const endpoint = `http://127.0.0.1:${port}`;
    const options = { endpoint, region: 'local', credentials, maxAttempts: 1 };
    const brokenClient = new DynamoDBClient(options);
    store = new DynamoDbAggregateStore(brokenClient, 'aggregates', 1);
    fleet = new DynamoDbFleetStore(brokenClient, 'aggregates');
  });

  afterEach(async () => {
    await new Promise((resolve) => broken.close(resolve));
  });

  it('is said to be unavailable by every method, and asked again by the next', async () => {
    const cell = aCell('EQ-1', '2023-02-15T06');
    const range = { from: cell.hour, to: anHour('2023-02-15T07') };
    const unavailable = { kind: 'unavailable', code: 'store-unavailable', retryAfterSeconds: 1 };
    const report = (filter: { equipmentId?: string }) =>
      hourlyAggregatesOn(store, fleet).report({ metric: 'value', range, limit: 1, ...filter });
    const sum = { metric: 'value', hour: cell.hour };

    await expect(store.readState(cell)).rejects.toMatchObject(unavailable);
    await expect(store.readState(cell)).rejects.toMatchObject(unavailable);
    await expect(fleet.readVersion(sum)).rejects.toMatchObject(unavailable);
    const replacing = fleet.replaceSum({ ...sum, version: 1, aggregate: undefined });
    await expect(replacing).rejects.toMatchObject(unavailable);
    await expect(store.replaceCell(cell)).rejects.toMatchObject(unavailable);
    await expect(report({})).rejects.toMatchObject(unavailable);
    await expect(report({ equipmentId: 'EQ-1' })).rejects.toMatchObject(unavailable);
  });
});
