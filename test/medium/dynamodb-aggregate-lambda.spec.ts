import {
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record,
} from '@aws-sdk/client-dynamodb-streams';
import { hourPlus, parseHour, type Hour } from '@sensorflow/aggregation';
import { equipmentHourAt } from '@sensorflow/aggregation/dynamodb/aggregate-keys.js';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbClosingProgress } from '@sensorflow/aggregation/dynamodb/dynamodb-closing-progress.js';
import { DynamoDbFleetStore } from '@sensorflow/aggregation/dynamodb/dynamodb-fleet-store.js';
import type {
  HourlyAggregates,
  AggregatesReport,
} from '@sensorflow/aggregation/hourly-aggregates.js';
import { startOfHourEpochSeconds } from '@sensorflow/aggregation/hours/hour.js';
import { SystemClock } from '@sensorflow/kernel';
import { DynamoDbEquipmentRegistry } from '@sensorflow/equipment/dynamodb/dynamodb-equipment-registry.js';
import { AGGREGATES_TABLE, READINGS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { LogReadingStore, Retention, type StoredReading } from '@sensorflow/sensor-data';
import { blockItemKey } from '@sensorflow/sensor-data/dynamodb/block-item.js';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import type { StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.js';
import { findDynoxide } from '../../apps/local/src/dynamodb/find-dynoxide.js';
import {
  startDynoxide,
  type RunningDynoxide,
} from '../../apps/local/src/dynamodb/start-dynoxide.js';
import { sweepExpired } from '../../apps/local/src/dynamodb/sweep-expired.js';
import { toStreamRecord, type StreamRecord } from '../../apps/local/src/lambda/stream-record.js';
import type { handler as Handler } from '../../apps/stream-aggregator/src/stream-aggregator.lambda.js';
import { DYNOXIDE } from '../support/lambda-fixtures/embedded-store.js';
import { aBlockOf, BlockMaker } from '../support/blocks.js';
import { hourlyAggregatesOn } from '../support/hourly-aggregates.js';
import { anInstant, aStoredReading, pagesOf, type ReadingInWords } from '../support/readings.js';

const MINUTE = { getRemainingTimeInMillis: () => 60_000 };
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

let dynoxide: RunningDynoxide;
let folder: string;
let dbPath: string;
let client: DynamoDBClient;
let streams: DynamoDBStreamsClient;
let blocks: DynamoDbBlockStore;
const maker = new BlockMaker();
let handler: typeof Handler;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aggregate-lambda-'));
  dbPath = join(folder, 'dynamodb.db');
  dynoxide = await startDynoxide({
    binary: findDynoxide(process.env),
    dbPath,
    port: 0,
    host: '127.0.0.1',
  });
  const options = { endpoint: dynoxide.url, region: 'local', credentials };
  client = new DynamoDBClient(options);
  streams = new DynamoDBStreamsClient(options);
  await ensureTables(client, [
    { definition: AGGREGATES_TABLE, name: 'aggregates' },
    { definition: READINGS_TABLE, name: 'readings' },
  ]);
  blocks = new DynamoDbBlockStore(client, 'readings');
  handler = await theFunction();
  // Hours of 2023 are closed: their changes are recomputed at once.
  await handler({ task: 'close-hours' }, MINUTE);
});

/** Composed as in the cloud: from environment variables alone. */
async function theFunction(): Promise<typeof Handler> {
  const variables = {
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: dynoxide.url,
    DYNAMODB_TABLE_NAME: 'readings',
    DYNAMODB_AGGREGATE_TABLE_NAME: 'aggregates',
    AGGREGATE_SHARDS: '3',
    LOG_LEVEL: 'silent',
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const lambda = await import('../../apps/stream-aggregator/src/stream-aggregator.lambda.js');
  return lambda.handler;
}

afterAll(async () => {
  vi.unstubAllEnvs();
  client.destroy();
  streams.destroy();
  await dynoxide.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Everything that a table's stream holds, from its beginning. */
async function streamRecords(TableName = 'readings'): Promise<readonly _Record[]> {
  const { Table: table } = await client.send(new DescribeTableCommand({ TableName }));
  const StreamArn = table?.LatestStreamArn;
  const described = await streams.send(new DescribeStreamCommand({ StreamArn }));
  const ShardId = described.StreamDescription?.Shards?.[0]?.ShardId;
  const position = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' as const };
  const all: _Record[] = [];
  let { ShardIterator } = await streams.send(new GetShardIteratorCommand(position));
  for (;;) {
    const page = await streams.send(new GetRecordsCommand({ ShardIterator }));
    if (!page.Records || page.Records.length === 0) return all;
    all.push(...page.Records);
    ShardIterator = page.NextShardIterator;
  }
}

/** The same as Lambda shows them. */
async function lambdaRecords(): Promise<readonly StreamRecord[]> {
  return (await streamRecords()).map((record) => toStreamRecord(record, 'arn'));
}

async function report(equipmentId: string): Promise<AggregatesReport> {
  return aggregates().report({ metric: 'value', range: RANGE, limit: 1000, equipmentId });
}

function aggregates(): HourlyAggregates {
  return hourlyAggregatesOn(
    new DynamoDbAggregateStore(client, 'aggregates', 3),
    new DynamoDbFleetStore(client, 'aggregates'),
    new LogReadingStore(blocks, Retention.FOREVER, new SystemClock()),
    new DynamoDbClosingProgress(client, 'aggregates'),
  );
}

/** Two levels stand above the equipment-hours. */
async function workOffTheAggregatesStream(): Promise<void> {
  for (let level = 0; level < 2; level += 1) {
    const Records = await streamRecords('aggregates');
    expect(await handler({ Records }, MINUTE)).toEqual({ batchItemFailures: [] });
  }
}

async function put(words: ReadingInWords): Promise<void> {
  await write(maker.ofReading(aStoredReading(words)));
}

async function putAll(readings: readonly StoredReading[]): Promise<void> {
  for (const reading of readings) await write(maker.ofReading(reading));
}

async function remove(equipmentId: string, timestamp: string): Promise<void> {
  await write(maker.ofRemoval({ equipmentId, timestamp: anInstant(timestamp) }));
}

async function write(block: StoredBlock): Promise<void> {
  expect(await blocks.putAll([block])).toEqual(['stored']);
}

/** The cells of an equipment as they lie in the table. */
async function itemsOf(equipmentId: string) {
  const { Items: items = [] } = await client.send(new ScanCommand({ TableName: 'aggregates' }));
  return items.filter(
    ({ partition, cell }) =>
      equipmentHourAt(partition?.S ?? '', cell?.S ?? '')?.equipmentId === equipmentId,
  );
}

function anHour(text: string): Hour {
  const hour = parseHour(text);
  if (hour === undefined) throw new Error(`${text} is no hour`);
  return hour;
}

const RANGE = { from: anHour('2023-02-15T00'), to: anHour('2023-02-16T00') };

describe('the stream aggregator behind a real stream', () => {
  it('makes readings, resendings, a correction and a removal into exact aggregates', async () => {
    const at = (timestamp: string, value: number) =>
      aStoredReading({ equipmentId: 'EQ-1', timestamp, value });
    await putAll([at('2023-02-15T01:30:00.000-05:00', 10), at('2023-02-15T06:31:00Z', 0.1)]);
    await putAll([at('2023-02-15T06:30:00Z', 10)]);
    await putAll([at('2023-02-15T06:30:00Z', 12), at('2023-02-15T07:00:00Z', 5)]);
    await remove('EQ-1', '2023-02-15T07:00:00Z');
    const records = await streamRecords();

    const answer = await handler({ Records: records }, MINUTE);
    const again = await handler({ Records: records.slice(1) }, MINUTE);

    expect(records.map(({ eventName }) => eventName)).toEqual(Array(6).fill('INSERT'));
    expect([answer, again]).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }]);
    const { items, summary } = await report('EQ-1');
    expect([summary?.count, summary?.total.toString()]).toEqual([2, '12.1']);
    expect(items.map(({ hour }) => hour)).toEqual(['2023-02-15T06']);
    expect(items[0]?.aggregate).toMatchObject({ min: 0.1, max: 12, first: 12, last: 0.1 });
  });

  it('does the rest though an hour has too many metrics, and that hour when it has fewer', async () => {
    const timestamps = ['2023-02-15T06:00:00Z', '2023-02-15T06:00:01Z', '2023-02-15T06:00:02Z'];
    for (const [part, timestamp] of timestamps.entries()) {
      const names = Array.from({ length: 800 }, (_, i) => `m${part}-${i}`.padEnd(64, 'x'));
      const values = Object.fromEntries(names.map((name, i) => [name, i + 0.123456789]));
      await put({ equipmentId: 'EQ-2', timestamp, values });
    }
    await put({ equipmentId: 'EQ-3', timestamp: '2023-02-15T06:00:00Z' });
    const poisoned = await streamRecords();

    const answer = await handler({ Records: poisoned }, MINUTE);

    expect(answer).toEqual({ batchItemFailures: [] });
    expect((await report('EQ-3')).summary?.count).toBe(1);
    const hidden = { equipmentId: 'EQ-2', hour: '2023-02-15T06' };
    expect(await report('EQ-2')).toMatchObject({ summary: undefined, notShown: [hidden] });
    const ofAll = { metric: 'value', range: RANGE, limit: 1000 };
    expect((await aggregates().report(ofAll)).notShown).toMatchObject([hidden]);
    const failed = await itemsOf('EQ-2');
    expect(failed).toMatchObject([
      { version: { N: '1' }, metrics: { M: {} }, failure: { S: 'aggregate-too-large' } },
    ]);

    for (const timestamp of timestamps) {
      await remove('EQ-2', timestamp);
      await put({ equipmentId: 'EQ-2', timestamp, value: 2 });
    }
    const healing = (await streamRecords()).slice(poisoned.length);

    expect(await handler({ Records: healing }, MINUTE)).toEqual({ batchItemFailures: [] });
    const { summary, notShown } = await report('EQ-2');
    expect([summary?.count, summary?.total.toString()]).toEqual([3, '6']);
    expect(notShown).toEqual([]);
    const [healed] = await itemsOf('EQ-2');
    expect(healed).toMatchObject({ version: { N: '2' } });
    expect(healed).not.toHaveProperty('failure');
  });

  it('keeps aggregates of blocks that expired, and follows those that were deleted', async () => {
    const timestamp = '2023-02-15T06:00:00Z';
    const expiring = aBlockOf(aStoredReading({ equipmentId: 'EQ-5', timestamp }));
    await write({ ...expiring, expiresAtEpochSeconds: Math.floor(Date.now() / 1000) - 5 });
    const deleted = aBlockOf(aStoredReading({ equipmentId: 'EQ-6', timestamp }));
    await write(deleted);
    const stored = await lambdaRecords();
    await handler({ Records: stored }, MINUTE);

    expect(await sweepExpired(DYNOXIDE, dbPath)).toBe(1);
    const deletion = { TableName: 'readings', Key: blockItemKey(deleted) };
    await client.send(new DeleteItemCommand(deletion));
    const removals = (await lambdaRecords()).slice(stored.length);
    const inReplica = removals.map((record) => ({ ...record, userIdentity: undefined }));
    for (const Records of [removals, inReplica]) await handler({ Records }, MINUTE);

    expect(removals.map(({ eventName }) => eventName)).toEqual(['REMOVE', 'REMOVE']);
    const keys = { from: '0', to: ':' };
    const left = await blocks.query({ equipmentId: 'EQ-5', keys, order: 'asc', limit: 1 });
    expect(left.blocks).toEqual([]);
    expect((await report('EQ-5')).summary).toMatchObject({ count: 1 });
    expect((await report('EQ-6')).summary).toBeUndefined();
  });

  it('registers equipment with all that it ever measured', async () => {
    await put({ equipmentId: 'EQ-7', timestamp: '2023-02-15T06:00:00Z', values: { a: 1, b: 2 } });
    await put({ equipmentId: 'EQ-7', timestamp: '2023-02-15T06:00:00Z', value: 3 });

    await handler({ Records: await streamRecords() }, MINUTE);

    const registry = new DynamoDbEquipmentRegistry(client, 'aggregates');
    const [next] = (await pagesOf(registry.scan('EQ-6'))).flat();
    expect(next).toMatchObject({ equipmentId: 'EQ-7', metrics: ['a', 'b', 'value'] });
  });

  it('names the first record that names no block, and does the rest', async () => {
    await put({ equipmentId: 'EQ-4', timestamp: '2023-02-15T06:00:00Z' });
    const ofReading = (await streamRecords()).at(-1);
    const malformed = { dynamodb: { SequenceNumber: '7', Keys: {} } };

    const answer = await handler({ Records: [malformed, ofReading] }, MINUTE);

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '7' }] });
    expect((await report('EQ-4')).summary?.count).toBe(1);
  });

  it('sums the fleet up from the aggregates’ own stream, digit for digit', async () => {
    const values = [1e15, 1e-15, 0.1, -0.1, 1e15];
    for (const [i, value] of values.entries()) {
      const timestamp = `2023-02-16T06:0${i}:00Z`;
      await put({
        equipmentId: `FLEET-${i}`,
        timestamp,
        values: { fleet: value, [`only-${i}`]: 1 },
      });
    }
    const first = (await streamRecords()).length;
    const ofDay = { from: anHour('2023-02-16T00'), to: anHour('2023-02-17T00') };
    const ofFleet = async (metric = 'fleet') =>
      (await aggregates().report({ metric, range: ofDay, limit: 1000 })).summary;

    await handler({ Records: await streamRecords() }, MINUTE);
    await workOffTheAggregatesStream();
    const complete = await ofFleet();
    await remove('FLEET-0', '2023-02-16T06:00:00Z');
    await handler({ Records: (await streamRecords()).slice(first) }, MINUTE);
    await workOffTheAggregatesStream();

    expect(complete?.total.toString()).toBe('2000000000000000.000000000000001');
    expect(complete).toMatchObject({ count: 5, first: 1e15, last: 1e15, min: -0.1, max: 1e15 });
    const rest = await ofFleet();
    expect(rest?.total.toString()).toBe('1000000000000000.000000000000001');
    expect(rest).toMatchObject({ count: 4, first: 1e-15, last: 1e15 });
    expect(await ofFleet('only-0')).toBeUndefined();
    expect(await ofFleet('only-1')).toMatchObject({ count: 1 });
  });

  it('says as of when the fleet’s answers hold, which stands still with a stream', async () => {
    const startedAt = Math.floor(Date.now() / 1000);
    const timestamp = new Date(startedAt * 1000).toISOString();
    const hour = anHour(timestamp.slice(0, 13));
    const handled = (await streamRecords()).length;
    const query = { metric: 'held', range: { from: hour, to: hourPlus(hour, 1) }, limit: 10 };

    const unknown = await aggregates().report(query);
    await put({ equipmentId: 'HELD-1', timestamp, values: { held: 1 } });
    await handler({ Records: (await lambdaRecords()).slice(handled) }, MINUTE);
    await workOffTheAggregatesStream();
    const held = await aggregates().report(query);
    await put({ equipmentId: 'HELD-1', timestamp, values: { held: 2 } });
    await put({ equipmentId: 'HELD-2', timestamp, values: { held: 4 } });
    const still = await aggregates().report(query);

    const ahead = startOfHourEpochSeconds(hour) - 600;
    expect(unknown).toMatchObject({ summary: undefined, asOfEpochSeconds: ahead });
    expect(held.summary?.total.toString()).toBe('1');
    expect(held.asOfEpochSeconds).toBeGreaterThanOrEqual(startedAt);
    expect(held.asOfEpochSeconds).toBeLessThanOrEqual(Date.now() / 1000);
    expect(still).toEqual(held);
  });
});
