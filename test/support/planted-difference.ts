import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { setTimeout as delay } from 'node:timers/promises';
import type { Announcement } from '../../apps/local/src/stack/announcement.js';
import { eventually } from './api-client.js';
import { stackCredentials } from './aws-signer.js';

/** How long the streams may take to recompute what they have heard of. */
const SETTLED_MS = 3000;

export interface PlantedMaximum {
  readonly equipmentId: string;
  /** Such as 2023-03-01T06. */
  readonly hour: string;
  readonly metric: string;
  readonly stored: number;
}

/** Writes a wrong maximum over the stored total of an hour, behind the back of its version, until it stays. */
export async function plantWrongMaximum(
  { endpoints, tables }: Announcement,
  dataDir: string,
  { equipmentId, hour, metric, stored }: PlantedMaximum,
): Promise<void> {
  const credentials = stackCredentials(dataDir);
  const dynamoDb = new DynamoDBClient({
    endpoint: endpoints.dynamodb,
    region: 'local',
    credentials,
  });
  const TableName = tables.aggregates;
  const Key = {
    partition: { S: `${hour.slice(0, 10)}#0` },
    cell: { S: `${hour}#${equipmentId}` },
  };
  const wrong = { N: String(stored) };
  const cell = async () => {
    const { Item } = await dynamoDb.send(
      new GetItemCommand({ TableName, Key, ConsistentRead: true }),
    );
    return { Item, values: Item?.['metrics']?.M?.[metric]?.M };
  };
  await eventually(
    async () => {
      const { Item, values } = await cell();
      if (!Item || !values) return undefined;
      values['max'] = wrong;
      await dynamoDb.send(new PutItemCommand({ TableName, Item }));
      await delay(SETTLED_MS);
      return (await cell()).values?.['max']?.N;
    },
    (max) => max === wrong.N,
  );
  dynamoDb.destroy();
}
