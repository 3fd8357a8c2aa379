import { DeleteItemCommand, ScanCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SESSIONS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { startTestDynamoDb } from './test-dynamodb.js';

export interface SessionsTable {
  readonly client: DynamoDBClient;
  readonly name: string;
  /** Deletes every item, as long as they fit into one page of a scan. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** The sessions table in a DynamoDB for tests. */
export async function startSessionsTable(): Promise<SessionsTable> {
  const dynamodb = await startTestDynamoDb();
  const { client } = dynamodb;
  const TableName = await dynamodb.createTable(SESSIONS_TABLE);
  return {
    ...dynamodb,
    name: TableName,
    empty: async () => {
      const { Items = [] } = await client.send(new ScanCommand({ TableName }));
      for (const { partition, entry } of Items) {
        if (!partition || !entry) continue;
        await client.send(new DeleteItemCommand({ TableName, Key: { partition, entry } }));
      }
    },
  };
}
