import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SESSIONS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { startTestDynamoDb } from './test-dynamodb.js';

export interface SessionsTable {
  readonly client: DynamoDBClient;
  readonly name: string;
  close(): Promise<void>;
}

/** The sessions table in a DynamoDB for tests. */
export async function startSessionsTable(): Promise<SessionsTable> {
  const dynamodb = await startTestDynamoDb();
  return { ...dynamodb, name: await dynamodb.createTable(SESSIONS_TABLE) };
}
