import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IMPORTS_TABLE, READINGS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { startTestDynamoDb } from './test-dynamodb.js';

export interface ImportsTable {
  readonly client: DynamoDBClient;
  readonly name: string;
  readonly readingsName: string;
  readonly dbPath: string;
  close(): Promise<void>;
}

/** The tables that an import touches, in a DynamoDB for tests. */
export async function startImportsTable(): Promise<ImportsTable> {
  const dynamodb = await startTestDynamoDb();
  const name = await dynamodb.createTable(IMPORTS_TABLE);
  const readingsName = await dynamodb.createTable(READINGS_TABLE);
  return { ...dynamodb, name, readingsName };
}
