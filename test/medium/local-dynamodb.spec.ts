import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AGGREGATES_TABLE,
  IMPORTS_TABLE,
  READINGS_TABLE,
  TABLES,
} from '@sensorflow/platform/resources/tables.js';
import { reclaimSpace } from '../../apps/local/src/dynamodb/database-space.js';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.js';
import { findDynoxide } from '../../apps/local/src/dynamodb/find-dynoxide.js';
import { startDynoxide } from '../../apps/local/src/dynamodb/start-dynoxide.js';
import { addStreamIndexes } from '../../apps/local/src/dynamodb/stream-indexes.js';
import { trimStreams } from '../../apps/local/src/dynamodb/trim-streams.js';
import {
  clientsFor,
  DYNOXIDE,
  type EmbeddedStore,
  eventually,
  processesNaming,
  startEmbeddedStore,
  temporaryFolder,
} from '../support/lambda-fixtures/embedded-store.js';

const STARTER = fileURLToPath(
  new URL('../support/lambda-fixtures/start-dynoxide-and-wait.mjs', import.meta.url),
);

describe('finding dynoxide', () => {
  it('takes the packaged binary when nothing else is named', () => {
    const binary = findDynoxide({});

    expect(binary).toMatch(/@dynoxide.*dynoxide$/u);
  });

  it('says what to do when DYNOXIDE_BIN names nothing that runs', () => {
    const find = (): string => findDynoxide({ DYNOXIDE_BIN: '/nowhere/dynoxide' });

    expect(find).toThrowError(
      expect.objectContaining({
        code: 'dynoxide-not-found',
        message: expect.stringMatching(/\/nowhere\/dynoxide.*DYNOXIDE_BIN.*compose file/u),
      }),
    );
  });
});

describe('the embedded DynamoDB process', () => {
  it('keeps its data through a stop and through kill -9, and leaves no process behind', async () => {
    const folder = await temporaryFolder();
    const options = {
      binary: DYNOXIDE,
      dbPath: join(folder, 'd.db'),
      port: 0,
      host: '127.0.0.1',
    } as const;

    const first = await startDynoxide(options);
    await ensureTables(clientsFor(first.url).dynamodb, [readings]);
    await put(clientsFor(first.url).dynamodb, 'EQ-1');
    await first.stop();
    const second = await startDynoxide(options);
    await put(clientsFor(second.url).dynamodb, 'EQ-2');
    process.kill(second.pid, 'SIGKILL');
    const killed = await second.exited;
    const third = await startDynoxide(options);
    const found = [await has(third.url, 'EQ-1'), await has(third.url, 'EQ-2')];
    await third.stop();

    expect(found).toEqual([true, true]);
    expect(await first.exited).toEqual({ code: 0, signal: null });
    expect(killed.code).toBe(137);
    await eventually(async () => (await processesNaming(folder)).length === 0, 'no process');
    await rm(folder, { recursive: true });
  });

  it('does not take a left-over server on its port for its own process', async () => {
    const folder = await temporaryFolder();
    const leftOver = createServer((_, response) => response.end('healthy')).listen(0, '127.0.0.1');
    await once(leftOver, 'listening');
    const address = leftOver.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    const started = startDynoxide({
      binary: DYNOXIDE,
      dbPath: join(folder, 'd.db'),
      port,
      host: '127.0.0.1',
    });

    await expect(started).rejects.toThrowError(`port ${port} is already in use`);
    expect(await processesNaming(folder)).toEqual([]);
    leftOver.close();
    await rm(folder, { recursive: true });
  });

  it('reports a binary that ends at once, with what it printed', async () => {
    const started = startDynoxide({
      binary: '/nowhere/dynoxide',
      dbPath: '/nowhere/d.db',
      port: 0,
      host: '127.0.0.1',
    });

    await expect(started).rejects.toThrowError('not found');
  });

  it('dies with its starter, even when that is killed with SIGKILL', async () => {
    const folder = await temporaryFolder();
    const starter = spawn(process.execPath, [STARTER, DYNOXIDE, join(folder, 'd.db')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: starter.stdout });
    const { pid } = JSON.parse(String((await once(lines, 'line'))[0]));
    expect(await processesNaming(folder)).toContain(String(pid));

    starter.kill('SIGKILL');

    await eventually(async () => (await processesNaming(folder)).length === 0, 'no process', 3_000);
    await rm(folder, { recursive: true });
  });
});

const readings = { definition: READINGS_TABLE, name: 'readings' };

async function put(client: DynamoDBClient, equipmentId: string): Promise<void> {
  const Item = { equipmentId: { S: equipmentId }, block: { S: 'T1' }, value: { N: '1.5' } };
  await client.send(new PutItemCommand({ TableName: 'readings', Item }));
}

async function has(url: string, equipmentId: string): Promise<boolean> {
  const Key = { equipmentId: { S: equipmentId }, block: { S: 'T1' } };
  const { Item } = await clientsFor(url).dynamodb.send(
    new GetItemCommand({ TableName: 'readings', Key }),
  );
  return Item !== undefined;
}

describe('tables and streams of the embedded DynamoDB', () => {
  let store: EmbeddedStore;

  beforeAll(async () => {
    store = await startEmbeddedStore();
  });

  afterAll(async () => store.close());

  it('creates every table from its one definition, once', async () => {
    const tables = TABLES.map((definition, index) => ({ definition, name: `all-${index}` }));

    await ensureTables(store.dynamodb, tables);
    const created = await describeTables(['all-0', 'all-1', 'all-2', 'all-3']);
    await ensureTables(store.dynamodb, tables);
    const again = await describeTables(['all-0', 'all-1', 'all-2', 'all-3']);

    expect(again.map((table) => table?.LatestStreamArn)).toEqual(
      created.map((table) => table?.LatestStreamArn),
    );
    expect(created.map((table) => table?.KeySchema?.map((key) => key.AttributeName))).toEqual(
      TABLES.map(({ partitionKey, sortKey }) => [partitionKey, sortKey]),
    );
    expect(created.map((table) => table?.StreamSpecification?.StreamViewType)).toEqual(
      TABLES.map((table) => table.stream),
    );
    const { GlobalSecondaryIndexes: indexes } = created[TABLES.indexOf(IMPORTS_TABLE)] ?? {};
    expect(indexes?.map(({ IndexName, Projection }) => [IndexName, Projection])).toEqual([
      ['imports-of-subject', { ProjectionType: 'ALL' }],
    ]);
    const ttl = await store.dynamodb.send(new DescribeTimeToLiveCommand({ TableName: 'all-0' }));
    expect(ttl.TimeToLiveDescription).toMatchObject({
      TimeToLiveStatus: 'ENABLED',
      AttributeName: 'expiresAt',
    });
  });

  it('adds an index to a table of an earlier version, with what the table holds', async () => {
    const table = { definition: IMPORTS_TABLE, name: 'earlier-imports' };
    const { ttlAttribute: _, ...earlier } = { ...IMPORTS_TABLE, indexes: [] };
    await ensureTables(store.dynamodb, [{ ...table, definition: earlier }]);
    const item = { scope: { S: 'all' }, uploadId: { S: 'u' }, subject: { S: 'ada' } };
    await store.dynamodb.send(new PutItemCommand({ TableName: table.name, Item: item }));

    await ensureTables(store.dynamodb, [table]);
    await ensureTables(store.dynamodb, [table]);

    const { Items: found } = await store.dynamodb.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: 'imports-of-subject',
        KeyConditionExpression: 'subject = :subject',
        ExpressionAttributeValues: { ':subject': { S: 'ada' } },
      }),
    );
    expect(found).toEqual([item]);
  });

  it('refuses an existing table that has other keys', async () => {
    await store.dynamodb.send(
      new CreateTableCommand({
        TableName: 'foreign',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );

    const ensured = ensureTables(store.dynamodb, [{ definition: READINGS_TABLE, name: 'foreign' }]);

    await expect(ensured).rejects.toMatchObject({
      code: 'table-differs',
      message: expect.stringContaining('keys: id HASH, not equipmentId HASH, block RANGE'),
    });
  });

  it('refuses a table of an earlier version that has an index more, and says what to do', async () => {
    const equipmentHours = {
      name: 'equipment-hours',
      partitionKey: 'equipmentId',
      sortKey: 'hour',
    };
    const earlier = { ...AGGREGATES_TABLE, indexes: [equipmentHours] };
    await ensureTables(store.dynamodb, [{ definition: earlier, name: 'earlier-aggregates' }]);

    const ensured = ensureTables(store.dynamodb, [
      { definition: AGGREGATES_TABLE, name: 'earlier-aggregates' },
    ]);

    await expect(ensured).rejects.toMatchObject({
      code: 'table-differs',
      message:
        'Table earlier-aggregates exists, but differs (indexes: ' +
        'equipment-hours(equipmentId HASH, hour RANGE), not none). ' +
        'Nothing was changed. Start the version that wrote it, or set SENSORFLOW_DATA_DIR to another folder.',
    });
  });

  it('adds indexes that the store uses for its stream, also a second time', () => {
    const warnings = [addStreamIndexes(store.dbPath), addStreamIndexes(store.dbPath)];

    expect(warnings).toEqual([undefined, undefined]);
    expect(
      planOf(
        `SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = 'readings'`,
      ),
    ).toContain('sf_stream_seq');
    expect(
      planOf(
        `SELECT * FROM _stream_records WHERE table_name = 'readings' AND shard_id = 's'
          AND CAST(sequence_number AS INTEGER) > 7 ORDER BY CAST(sequence_number AS INTEGER) LIMIT 9`,
      ),
    ).toContain('sf_stream_shard');
  });

  it('leaves a schema alone that it does not know, and says so', async () => {
    const path = join(store.folder, 'foreign.db');
    const foreign = new DatabaseSync(path);
    foreign.exec(`
      CREATE TABLE _config (key TEXT, value TEXT);
      INSERT INTO _config VALUES ('schema_version', '10');
      CREATE TABLE _stream_records (table_name, shard_id, sequence_number, created_at)`);

    const warning = addStreamIndexes(path);

    expect(warning).toMatch(/version 10, expected 9/u);
    const indexes = foreign.prepare(`SELECT name FROM sqlite_master WHERE type = 'index'`).all();
    expect(indexes).toEqual([]);
    foreign.close();
  });

  it('trims stream records that were delivered, but never the newest, nor of a reader without a place', async () => {
    await ensureTables(store.dynamodb, [
      { definition: READINGS_TABLE, name: 'consumed' },
      { definition: READINGS_TABLE, name: 'unread' },
      { definition: READINGS_TABLE, name: 'unnamed' },
    ]);
    for (const table of ['consumed', 'unread', 'unnamed']) fillStream(table, 5_000);

    const bounds = { consumed: '4500', unread: null, absent: '3' };
    const deleted = await trimStreams(store.dbPath, bounds);

    expect(deleted).toBe(4_499 + 4_999);
    expect(streamRange('consumed')).toEqual({ lowest: 4_500, count: 501 });
    expect(streamRange('unread')).toEqual({ lowest: 5_000, count: 1 });
    expect(streamRange('unnamed')).toEqual({ lowest: 1, count: 5_000 });
    const Item = { equipmentId: { S: 'EQ-1' }, block: { S: 'T1' } };
    await store.dynamodb.send(new PutItemCommand({ TableName: 'unread', Item }));
    expect(streamRange('unread')).toEqual({ lowest: 5_000, count: 2 });
  });

  it('gives the space of trimmed records back while it runs', async () => {
    await ensureTables(store.dynamodb, [{ definition: READINGS_TABLE, name: 'shrinking' }]);
    fillStream('shrinking', 50_000);
    const filled = statSync(store.dbPath).size + statSync(`${store.dbPath}-wal`).size;

    await trimStreams(store.dbPath, { shrinking: null });
    await reclaimSpace(store.dbPath);

    expect(filled).toBeGreaterThan(8 * 2 ** 20);
    expect(statSync(store.dbPath).size).toBeLessThan(filled / 4);
    expect(statSync(`${store.dbPath}-wal`).size).toBe(0);
    const Item = { equipmentId: { S: 'EQ-1' }, block: { S: 'T1' } };
    await store.dynamodb.send(new PutItemCommand({ TableName: 'shrinking', Item }));
    const intact = withDatabase((db) => db.prepare('PRAGMA integrity_check').all());
    expect(intact).toEqual([{ integrity_check: 'ok' }]);
  });

  async function describeTables(names: string[]) {
    const answers = names.map(async (TableName) =>
      store.dynamodb.send(new DescribeTableCommand({ TableName })),
    );
    return (await Promise.all(answers)).map(({ Table }) => Table);
  }

  function withDatabase<T>(use: (db: DatabaseSync) => T): T {
    const db = new DatabaseSync(store.dbPath, { timeout: 5_000 });
    try {
      return use(db);
    } finally {
      db.close();
    }
  }

  function planOf(query: string): string {
    return withDatabase((db) => JSON.stringify(db.prepare(`EXPLAIN QUERY PLAN ${query}`).all()));
  }

  function fillStream(table: string, count: number): void {
    withDatabase((db) => {
      db.prepare(
        `INSERT INTO _stream_records
           (table_name, event_name, keys_json, sequence_number, shard_id, created_at)
         WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
         SELECT :table, 'INSERT', '{}', CAST(n AS TEXT), 'shardId-00000001-' || :table, 0
           FROM numbers`,
      ).run({ table, count });
    });
  }

  function streamRange(table: string): unknown {
    const query = `SELECT MIN(CAST(sequence_number AS INTEGER)) AS lowest, COUNT(*) AS count
                     FROM _stream_records WHERE table_name = ?`;
    return withDatabase((db) => ({ ...db.prepare(query).get(table) }));
  }
});
