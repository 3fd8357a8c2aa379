import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IMPORTS_TABLE, READINGS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.js';
import { findDynoxide } from '../../apps/local/src/dynamodb/find-dynoxide.js';
import { addStreamIndexes } from '../../apps/local/src/dynamodb/stream-indexes.js';
import { startDynoxide } from '../../apps/local/src/dynamodb/start-dynoxide.js';

export interface ImportsTable {
  readonly client: DynamoDBClient;
  readonly name: string;
  readonly readingsName: string;
  readonly dbPath: string;
  close(): Promise<void>;
}

/** The tables that an import touches, in an embedded DynamoDB of their own. */
export async function startImportsTable(): Promise<ImportsTable> {
  const folder = mkdtempSync(join(tmpdir(), 'sensorflow-imports-'));
  const dbPath = join(folder, 'dynamodb.db');
  const dynoxide = await startDynoxide({
    binary: findDynoxide(process.env),
    dbPath,
    port: 0,
    host: '127.0.0.1',
  });
  const client = new DynamoDBClient({
    endpoint: dynoxide.url,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  const name = 'imports';
  const readingsName = 'readings';
  await ensureTables(client, [
    { definition: IMPORTS_TABLE, name },
    { definition: READINGS_TABLE, name: readingsName },
  ]);
  addStreamIndexes(dbPath);
  return {
    client,
    name,
    readingsName,
    dbPath,
    close: async () => {
      client.destroy();
      await dynoxide.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
