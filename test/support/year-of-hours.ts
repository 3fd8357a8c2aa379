import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { parseHour } from '@sensorflow/aggregation';
import { toItem } from '@sensorflow/aggregation/dynamodb/aggregate-item.js';
import { foldReadings } from '@sensorflow/aggregation/hours/hourly-aggregate.js';
import type { Item } from '@sensorflow/platform/aws/stored-item.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalStack } from './local-stack.js';
import { aStoredReading } from './readings.js';

const PUTS_PER_CALL = 25;
const CALLS_AT_ONCE = 4;
const HOURS_PER_DAY = 24;

/**
 * Puts a closed aggregate of one reading into every hour of so many days, as if they had been recomputed; the
 * stack's aggregator makes the sums above them. Answers how many there are.
 */
export async function putHours(
  stack: LocalStack,
  equipmentId: string,
  firstDay: string,
  days: number,
): Promise<number> {
  const client = storeOf(stack);
  const starts = Array.from({ length: days }, (_, day) => Date.parse(firstDay) + day * 86_400_000);
  const items = [
    ...starts.map(layoutOf),
    ...starts.flatMap((start) => hoursOf(equipmentId, start)),
  ];
  const chunks = Array.from({ length: Math.ceil(items.length / PUTS_PER_CALL) }, (_, i) =>
    items.slice(i * PUTS_PER_CALL, (i + 1) * PUTS_PER_CALL),
  );
  const remaining = chunks.values();
  const work = async (): Promise<void> => {
    for (const chunk of remaining) await put(client, stack.announcement.tables.aggregates, chunk);
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, work));
  client.destroy();
  return days * HOURS_PER_DAY;
}

function storeOf(stack: LocalStack): DynamoDBClient {
  const installation = join(stack.dataDir, 'installation.json');
  const { credentials } = JSON.parse(readFileSync(installation, 'utf8'));
  const endpoint = stack.announcement.endpoints.dynamodb;
  return new DynamoDBClient({ endpoint, region: 'local', credentials });
}

async function put(client: DynamoDBClient, table: string, items: readonly Item[]): Promise<void> {
  const RequestItems = { [table]: items.map((item) => ({ PutRequest: { Item: item } })) };
  await client.send(new BatchWriteItemCommand({ RequestItems }));
}

function layoutOf(startOfDay: number): Item {
  const day = new Date(startOfDay).toISOString().slice(0, 10);
  return { partition: { S: 'layout' }, cell: { S: day }, shards: { N: '1' } };
}

function hoursOf(equipmentId: string, startOfDay: number): readonly Item[] {
  return Array.from({ length: HOURS_PER_DAY }, (_, i) => {
    const timestamp = new Date(startOfDay + i * 3_600_000 + 60_000).toISOString();
    const hour = parseHour(timestamp.slice(0, 13));
    if (hour === undefined) throw new Error(`${timestamp} has no hour`);
    const metrics = foldReadings([aStoredReading({ equipmentId, timestamp, value: i })]);
    return toItem({ equipmentId, hour, version: 1, metrics, isClosed: true }, 0);
  });
}
