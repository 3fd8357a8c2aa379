import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { hourOf } from '@sensorflow/aggregation';
import { toItem } from '@sensorflow/aggregation/dynamodb/aggregate-item.js';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { stackCredentials } from '../support/aws-signer.js';
import { LocalStack } from '../support/local-stack.js';
import { anInstant } from '../support/readings.js';
import { aggregatedHours } from '../support/sensorflow.js';
import { runVerify, verified } from '../support/verification.js';

type Item = Record<string, AttributeValue>;

const DAY = { from: '2023-02-15T00:00:00Z', to: '2023-02-16T00:00:00Z' };
const SIX = Date.parse('2023-02-15T06:00:00Z') / 1000;
const TableName = 'sensorflow-aggregates';

let stack: LocalStack;
let anyone: ApiClient;
let api: ApiClient;
let dynamoDb: DynamoDBClient;

beforeAll(async () => {
  stack = await LocalStack.start({ variables: { VERIFY_SECOND_LOOK_MS: '1500' } });
  const { baseUrl, endpoints } = stack.announcement;
  anyone = await ApiClient.connect(baseUrl);
  api = anyone.withToken(await machineToken(stack.announcement));
  const credentials = stackCredentials(stack.dataDir);
  dynamoDb = new DynamoDBClient({ endpoint: endpoints.dynamodb, region: 'local', credentials });
  await send();
});
afterAll(async () => {
  dynamoDb.destroy();
  await stack.stopAndForget();
});

/** A dense hour of one equipment, and one reading of another, both of which are in the fleet's sums then. */
async function send(): Promise<void> {
  const start = SIX * 1000;
  const dense = Array.from({ length: 1200 }, (_, i) => ({
    equipmentId: 'EQ-DENSE',
    timestamp: new Date(start + i * 3000).toISOString(),
    value: 0.1,
  }));
  await api.post('/sensor-data/batch', dense);
  const timestamp = '2023-02-15T06:30:00Z';
  await api.post('/sensor-data', { equipmentId: 'EQ-2', timestamp, value: 1e15 });
  await eventually(
    async () => aggregatedHours(api, DAY),
    ({ totalCount, items }) => totalCount === 1201 && items.length === 2,
  );
  await eventually(
    async () => itemAt(...FLEET).catch(() => undefined),
    (item) => item !== undefined && sumIn(item)?.['count']?.N === '1201',
  );
}

async function itemAt(partition: string, cell: string): Promise<Item> {
  const Key = { partition: { S: partition }, cell: { S: cell } };
  const { Item: item } = await dynamoDb.send(
    new GetItemCommand({ TableName, Key, ConsistentRead: true }),
  );
  if (!item) throw new Error(`nothing at ${partition} ${cell}`);
  return item;
}

/** Writes over a cell behind the version lock's back, with one member of one map changed. */
async function damage(
  [partition, cell]: readonly [string, string],
  mapIn: (item: Item) => Item | undefined,
  change: Item,
): Promise<void> {
  const item = await itemAt(partition, cell);
  const map = mapIn(item);
  if (!map) throw new Error('no such map');
  Object.assign(map, change);
  await dynamoDb.send(new PutItemCommand({ TableName, Item: item }));
}

/** Until what the streams still have to recompute does not take it away again. */
async function untilItStays(
  at: readonly [string, string],
  damaging: () => Promise<void>,
  isDamaged: (item: Item) => boolean,
): Promise<void> {
  await eventually(async () => {
    await damaging();
    await delay(3000);
    return itemAt(...at);
  }, isDamaged);
}

const ofEquipment = (id: string) => ['2023-02-15#0', `2023-02-15T06#${id}`] as const;
const SHARD = ['shard#value#2023-02-15', '2023-02-15T06#0'] as const;
const FLEET = ['fleet#value', '2023-02-15T06'] as const;
const sumIn = (item: Item) => item['sum']?.M;
const metricIn = (item: Item) => item['metrics']?.M?.['value']?.M;
const slotIn = (item: Item) => item['slots']?.M?.['3']?.M?.['value']?.M;

describe('a verification', () => {
  it('of untouched aggregates finds nothing, and compares slots, hours, shards and the fleet', async () => {
    const { body } = await api.get('/sensor-data/aggregated/verify', DAY);

    expect(body).toEqual({
      checked: 12 + 2 + 1 + 1,
      differences: [],
      sealedHours: 0,
      openHours: 0,
      tooLarge: 0,
      nextCursor: null,
    });
  });

  it('of all equipment is for administrators, of one for everyone who may read', async () => {
    const others = 'sensorflow/read sensorflow/write sensorflow/import';
    const operator = anyone.withToken(await machineToken(stack.announcement, others));

    for (const [method, path] of [
      ['GET', '/sensor-data/aggregated/verify'],
      ['POST', '/sensor-data/aggregated/repair'],
    ] as const) {
      expect((await anyone.send(method, path, { query: DAY })).status).toBe(401);
      const refused = await operator.send(method, path, { query: DAY });
      expect(refused.body).toMatchObject({ status: 403, code: 'insufficient-scope' });
    }
    const ofOne = { ...DAY, equipmentId: 'EQ-2' };
    const { body } = await operator.get('/sensor-data/aggregated/verify', ofOne);
    expect(body).toMatchObject({ checked: 1, differences: [] });
    const repair = await operator.send('POST', '/sensor-data/aggregated/repair', { query: ofOne });
    expect(repair.body).toMatchObject({ status: 403, code: 'insufficient-scope' });
  });

  it('reports one damaged cell of every level with both values, and a repair puts all right', async () => {
    // The streams recompute what stands above a damaged cell: from the bottom up, each after the other.
    await damage(ofEquipment('EQ-DENSE'), slotIn, {
      total: { S: '10.000000000000001' },
    });
    await damage(ofEquipment('EQ-2'), metricIn, { max: { N: '9E+15' } });
    await eventually(
      async () => itemAt(...FLEET),
      (item) => Number(sumIn(item)?.['max']?.N) === 9e15,
    );
    await damage(SHARD, sumIn, { max: { N: '9' } });
    await eventually(
      async () => itemAt(...FLEET),
      (item) => sumIn(item)?.['max']?.N === '9',
    );
    await damage(FLEET, sumIn, { total: { S: '1000000000000119.9' } });

    const found = await verified(api, DAY);
    const own = await verified(api, { ...DAY, equipmentId: 'EQ-2' });
    const repaired = await verified(api, DAY, 'repair');
    const afterwards = await verified(api, DAY);

    const fleet = { level: 'fleet-hour', equipmentId: null, shard: null, intervalStart: SIX };
    const at = (level: string, equipmentId: string | null, field: string) =>
      found.differences.find(
        (each) => each.level === level && each.equipmentId === equipmentId && each.field === field,
      );
    expect(at('equipment-hour', 'EQ-2', 'max')).toEqual({
      level: 'equipment-hour',
      equipmentId: 'EQ-2',
      shard: null,
      metric: 'value',
      intervalStart: SIX,
      field: 'max',
      stored: '9000000000000000',
      recomputed: '1000000000000000',
    });
    expect(at('slot', 'EQ-DENSE', 'total')).toMatchObject({
      intervalStart: SIX + 3 * 300,
      stored: '10.000000000000001',
      recomputed: '10',
    });
    expect(at('shard-hour', null, 'max')).toMatchObject({
      shard: 0,
      stored: '9',
      recomputed: '1000000000000000',
    });
    expect(at('fleet-hour', null, 'total')).toMatchObject({
      ...fleet,
      stored: '1000000000000119.9',
      recomputed: '1000000000000120',
    });
    expect(own.differences).toEqual([at('equipment-hour', 'EQ-2', 'max')]);
    // Equipment is compared side by side, in no order.
    expect(new Set(repaired.differences)).toEqual(new Set(found.differences));
    expect(repaired.repaired).toBe(found.differences.length);
    expect(afterwards.differences).toEqual([]);
    expect(sumIn(await itemAt(...FLEET))).toMatchObject({ total: { S: '1000000000000120' } });
  });

  it('finds a cell that is missing, and one of equipment that never sent anything', async () => {
    const [partition, cell] = ofEquipment('EQ-2');
    const { metrics } = await itemAt(partition, cell);
    const ghost = { equipmentId: 'EQ-GHOST', hour: hourOf(anInstant('2023-02-15T06:00:00Z')) };
    const Ghost = {
      ...toItem({ ...ghost, version: 1, metrics: new Map() }, 0),
      ...(metrics && { metrics }),
    };
    const Key = { partition: { S: partition }, cell: { S: cell } };
    await dynamoDb.send(new DeleteItemCommand({ TableName, Key }));
    await dynamoDb.send(new PutItemCommand({ TableName, Item: Ghost }));

    const found = await verified(api, DAY);
    await verified(api, DAY, 'repair');
    const afterwards = await verified(api, DAY);

    const counts = found.differences
      .filter(({ field, level }) => field === 'count' && level === 'equipment-hour')
      .map(({ equipmentId, stored, recomputed }) => [equipmentId, stored, recomputed]);
    expect(counts).toHaveLength(2);
    expect(counts).toEqual(
      expect.arrayContaining([
        ['EQ-2', null, '1'],
        ['EQ-GHOST', '1', null],
      ]),
    );
    expect(afterwards.differences).toEqual([]);
    const { items, totalCount } = await aggregatedHours(api, DAY);
    expect([items.length, totalCount]).toEqual([2, 1201]);
  });
});

describe('a cell that cannot be read', () => {
  /** A map of an item with a total in it. */
  interface Spot {
    readonly at: readonly [string, string];
    readonly mapIn: (item: Item) => Item | undefined;
  }
  const dense: Spot = { at: ofEquipment('EQ-DENSE'), mapIn: slotIn };
  const metrics: Spot = { at: ofEquipment('EQ-2'), mapIn: metricIn };
  const shard: Spot = { at: SHARD, mapIn: sumIn };
  const fleet: Spot = { at: FLEET, mapIn: sumIn };
  const ABC = { S: 'abc' };

  /** As damage does, and with another version or none. */
  async function spoil({ at, mapIn }: Spot, version?: AttributeValue) {
    const { version: _, ...item } = await itemAt(...at);
    Object.assign(mapIn(item) ?? {}, { total: ABC });
    const Spoilt = version ? { ...item, version } : item;
    await dynamoDb.send(new PutItemCommand({ TableName, Item: Spoilt }));
  }

  it('is recomputed by the stream as a whole', async () => {
    await damage(ofEquipment('EQ-DENSE'), slotIn, { total: ABC });
    await spoil(metrics, ABC);
    // What was there before, sent again.
    const timestamp = '2023-02-15T06:30:00.000Z';
    await api.post('/sensor-data', { equipmentId: 'EQ-DENSE', timestamp, value: 0.1 });
    await api.post('/sensor-data', { equipmentId: 'EQ-2', timestamp, value: 1e15 });

    await eventually(
      async () => itemAt(...ofEquipment('EQ-DENSE')),
      (item) => slotIn(item)?.['total']?.S === '10',
    );
    await eventually(
      async () => itemAt(...ofEquipment('EQ-2')),
      (item) => item['version']?.N === '1',
    );
    expect((await verified(api, DAY)).differences).toEqual([]);
  });

  it.each([
    { what: 'a slot of a dense hour', of: dense, version: { N: '7' } },
    { what: 'metrics', of: metrics, version: { N: '7' } },
    { what: 'metrics and no version', of: metrics },
    { what: 'metrics and a text for a version', of: metrics, version: ABC },
    { what: 'metrics and a negative version', of: metrics, version: { N: '-7' } },
    { what: 'a shard-hour and its version', of: shard, version: ABC },
    { what: 'a fleet-hour without a version', of: fleet },
  ])('differs, and a repair puts it right: $what', async ({ of, version }) => {
    await untilItStays(
      of.at,
      async () => spoil(of, version),
      (item) => of.mapIn(item)?.['total']?.S === 'abc',
    );

    const found = await verified(api, DAY);
    const repaired = await verified(api, DAY, 'repair');
    const afterwards = await verified(api, DAY);

    expect(found.differences.length).toBeGreaterThanOrEqual(10);
    expect(repaired.repaired).toBe(repaired.differences.length);
    expect(afterwards.differences).toEqual([]);
    expect(Number((await itemAt(...of.at))['version']?.N)).toBeGreaterThan(0);
  });

  it('but for its version is no difference, and no difficulty', async () => {
    await spoil({ ...metrics, mapIn: () => undefined });

    expect((await verified(api, DAY)).differences).toEqual([]);
    expect((await verified(api, DAY, 'repair')).differences).toEqual([]);
  });
});

describe('npm run verify', () => {
  const local = () => ({ SENSORFLOW_DATA_DIR: stack.dataDir });

  it('verifies everything from the command line, and repairs it when told to', async () => {
    await untilItStays(
      FLEET,
      async () => damage(FLEET, sumIn, { total: { S: '5' } }),
      (item) => sumIn(item)?.['total']?.S === '5',
    );

    const [found, repaired, afterwards] = [
      await runVerify(local()),
      await runVerify(local(), '--repair'),
      await runVerify(local()),
    ];

    expect(found.printed).toBe(
      'fleet-hour all value 2023-02-15T06:00:00.000Z total: stored 5, recomputed 1000000000000120\n' +
        '16 aggregates checked, 1 differences, open hours left out\n',
    );
    expect(repaired.printed).toContain('1 differences, 1 repaired');
    expect(afterwards.printed).toBe('16 aggregates checked, 0 differences, open hours left out\n');
    expect([found, repaired, afterwards].map(({ exitCode }) => exitCode)).toEqual([1, 0, 0]);
  });

  it('verifies another API with a token of it, and a part of time', async () => {
    const other = {
      SENSORFLOW_URL: stack.announcement.baseUrl,
      SENSORFLOW_TOKEN: await machineToken(stack.announcement),
    };

    const { exitCode, printed } = await runVerify(other, '--from', '2023-02-15', '--to', DAY.to);

    expect([exitCode, printed]).toEqual([0, '16 aggregates checked, 0 differences\n']);
  });

  it('says which hours were not compared, which are no differences', async () => {
    const leftOut = { sealedHours: 2, openHours: 4, tooLarge: 3 };
    const report = { checked: 5, differences: [], ...leftOut, nextCursor: null };
    const server = createServer((_, response) => response.end(JSON.stringify(report)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const other = { SENSORFLOW_URL: `http://127.0.0.1:${port}`, SENSORFLOW_TOKEN: 'x' };

    const { exitCode, printed } = await runVerify(other, '--from', DAY.from, '--to', DAY.to);

    server.close();
    expect(printed).toBe(
      '5 aggregates checked, 0 differences, 3 hours too large to be shown, sealed hours left out, open hours left out\n',
    );
    expect(exitCode).toBe(0);
  });

  it.each([
    [{ SENSORFLOW_DATA_DIR: '/nowhere' }, 'npm run local'],
    [{ SENSORFLOW_URL: 'http://127.0.0.1:9' }, 'Set SENSORFLOW_URL and SENSORFLOW_TOKEN together'],
    [{ SENSORFLOW_URL: 'http://127.0.0.1:9', SENSORFLOW_TOKEN: 'x' }, 'does not answer'],
    [{ SENSORFLOW_URL: 'nowhere', SENSORFLOW_TOKEN: 'x' }, 'SENSORFLOW_URL: must be'],
  ])('says why it cannot, with %j', async (variables, words) => {
    const { exitCode, printed } = await runVerify(variables);

    expect(exitCode).toBe(2);
    expect(printed).toContain(words);
  });

  it.each([
    [['--all'], 'Unknown argument --all'],
    [['2023-02-15'], 'Unknown argument 2023-02-15'],
    [['--from', 'yesterday'], '--from and --to must be instants, with --from before --to'],
    [['--from'], "Option '--from <value>' argument missing"],
    [['--from', '--to'], "Option '--from' argument is ambiguous"],
  ])('names the argument that it does not take, of %j', async (args, words) => {
    const { exitCode, printed } = await runVerify({}, ...args);

    const typed = 'Usage: npm run verify [-- --from INSTANT --to INSTANT --repair]';
    expect([exitCode, printed]).toEqual([2, `${words}. ${typed}\n`]);
  });

  it('says so when the stack that it knows does not run any more', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'sensorflow-stopped-'));
    const machine = { ...stack.announcement.machine, tokenUrl: 'http://127.0.0.1:9/oauth2/token' };
    writeFileSync(join(dataDir, 'local.json'), JSON.stringify({ ...stack.announcement, machine }));

    const { exitCode, printed } = await runVerify({ SENSORFLOW_DATA_DIR: dataDir });

    rmSync(dataDir, { recursive: true });
    expect([exitCode, printed]).toEqual([2, 'http://127.0.0.1:9 does not answer.\n']);
  });
});

describe('the sweep of an hour that has closed', () => {
  it('finds and repairs what differs, logs it for the alarm, and ends with the process', async () => {
    const hour = hourOf(anInstant(new Date(Date.now() - 2 * 3_600_000).toISOString()));
    const [from, to] = [`${hour}:00:00Z`, new Date(Date.now() + 3_600_000).toISOString()];
    await api.post('/sensor-data', {
      equipmentId: 'EQ-SWEPT',
      timestamp: `${hour}:30:00Z`,
      value: 5,
    });
    const fleet = ['fleet#value', hour] as const;
    await eventually(
      async () => itemAt(...fleet).catch(() => undefined),
      (item) => item !== undefined,
    );
    await damage(fleet, sumIn, { total: { S: '6' } });
    const { Items: [position] = [] } = await dynamoDb.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: '#p = :p',
        ExpressionAttributeNames: { '#p': 'partition' },
        ExpressionAttributeValues: { ':p': { S: 'sweep' } },
      }),
    );
    const version = { N: String(Number(position?.['version']?.N ?? 0) + 1) };
    const row = { partition: { S: 'sweep' }, cell: { S: 'position' }, heldUntil: { N: '0' } };
    const Item = { ...row, next: { S: hour }, version };
    await dynamoDb.send(new PutItemCommand({ TableName, Item }));

    await eventually(
      async () => itemAt(...fleet),
      (item) => sumIn(item)?.['total']?.S === '5',
      90_000,
      1000,
    );

    expect((await verified(api, { from, to })).differences).toEqual([]);
    const log = await eventually(
      async () => Promise.resolve(readFileSync(join(stack.dataDir, 'logs', 'api.log'), 'utf8')),
      (text) => text.includes('"msg":"hour verified"') && text.includes('aggregate-mismatch'),
    );
    const lines = log.split('\n').filter((line) => line.includes('aggregate-mismatch'));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'error', difference: { level: 'fleet-hour', stored: '6', recomputed: '5' } },
    ]);
  });
});
