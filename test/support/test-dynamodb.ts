import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TableDefinition } from '@sensorflow/platform/resources/tables.js';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.js';
import { findDynoxide } from '../../apps/local/src/dynamodb/find-dynoxide.js';
import { startDynoxide } from '../../apps/local/src/dynamodb/start-dynoxide.js';
import { addStreamIndexes } from '../../apps/local/src/dynamodb/stream-indexes.js';

/** A DynamoDB for tests. */
export interface TestDynamoDb {
  readonly client: DynamoDBClient;
  /** Creates an empty table and answers its name, which no other table has. */
  createTable(definition: TableDefinition): Promise<string>;
  close(): Promise<void>;
}

/** The embedded DynamoDB, or the implementation of another maker that DYNAMODB_UNDER_TEST points to. */
export async function startTestDynamoDb(): Promise<TestDynamoDb> {
  const url = process.env['DYNAMODB_UNDER_TEST'];
  return url === undefined ? startEmbedded() : connect(url, async () => {});
}

async function startEmbedded(): Promise<TestDynamoDb> {
  const folder = await mkdtemp(join(tmpdir(), 'sensorflow-dynamodb-'));
  const dbPath = join(folder, 'dynamodb.db');
  const dynoxide = await startDynoxide({
    binary: findDynoxide(process.env),
    dbPath,
    port: 0,
    host: '127.0.0.1',
  });
  const dynamodb = connect(dynoxide.url, async () => {
    await dynoxide.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    ...dynamodb,
    createTable: async (definition) => {
      const name = await dynamodb.createTable(definition);
      if (definition.stream !== undefined) addStreamIndexes(dbPath);
      return name;
    },
  };
}

function connect(endpoint: string, stop: () => Promise<void>): TestDynamoDb {
  const client = new DynamoDBClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  return {
    client,
    createTable: async (definition) => {
      const name = `test-${randomUUID()}`;
      await ensureTables(client, [{ definition, name }]);
      return name;
    },
    close: async () => {
      client.destroy();
      await stop();
    },
  };
}
