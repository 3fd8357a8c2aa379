import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TableDefinition } from '@sensorflow/platform/resources/tables.js';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.js';
import { findDynoxide } from '../../apps/local/src/dynamodb/find-dynoxide.js';
import { startDynoxide } from '../../apps/local/src/dynamodb/start-dynoxide.js';
import { addStreamIndexes } from '../../apps/local/src/dynamodb/stream-indexes.js';

/** A DynamoDB for tests. */
export interface TestDynamoDb {
  readonly client: DynamoDBClient;
  /** The database file of the embedded one; empty for another maker's. */
  readonly dbPath: string;
  /** Creates an empty table and answers its name, which no other table has. */
  createTable(definition: TableDefinition): Promise<string>;
  close(): Promise<void>;
}

interface Location {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Of another maker; given by the projects of test/independent alone. */
    dynamoDbUnderTest: Location | undefined;
  }
}

/** The embedded DynamoDB, unless the project of the tests provides another maker's. */
export async function startTestDynamoDb(): Promise<TestDynamoDb> {
  const other = inject('dynamoDbUnderTest');
  return other === undefined ? startEmbedded() : connect(other, async () => {});
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
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const dynamodb = connect({ endpoint: dynoxide.url, credentials }, async () => {
    await dynoxide.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    ...dynamodb,
    dbPath,
    createTable: async (definition) => {
      const name = await dynamodb.createTable(definition);
      if (definition.stream !== undefined) addStreamIndexes(dbPath);
      return name;
    },
  };
}

function connect(location: Location, stop: () => Promise<void>): TestDynamoDb {
  const client = new DynamoDBClient({ ...location, region: 'eu-central-1', maxAttempts: 1 });
  return {
    client,
    dbPath: '',
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
