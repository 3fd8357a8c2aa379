import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SESSIONS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.js';
import { findDynoxide } from '../../apps/local/src/dynamodb/find-dynoxide.js';
import { startDynoxide } from '../../apps/local/src/dynamodb/start-dynoxide.js';

export interface SessionsTable {
  readonly client: DynamoDBClient;
  readonly name: string;
  close(): Promise<void>;
}

/** The sessions table in an embedded DynamoDB of its own. */
export async function startSessionsTable(): Promise<SessionsTable> {
  const folder = mkdtempSync(join(tmpdir(), 'sensorflow-sessions-'));
  const dynoxide = await startDynoxide({
    binary: findDynoxide(process.env),
    dbPath: join(folder, 'dynamodb.db'),
    port: 0,
    host: '127.0.0.1',
  });
  const client = new DynamoDBClient({
    endpoint: dynoxide.url,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  const name = 'sessions';
  await ensureTables(client, [{ definition: SESSIONS_TABLE, name }]);
  return {
    client,
    name,
    close: async () => {
      client.destroy();
      await dynoxide.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
