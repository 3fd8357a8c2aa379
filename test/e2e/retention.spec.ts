import { DynamoDBClient, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { stackCredentials } from '../support/aws-signer.js';
import { LocalStack } from '../support/local-stack.js';
import { aggregatedHours, allReadings, importFile, knownEquipment } from '../support/sensorflow.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const KEPT_DAYS = 30;

let stack: LocalStack;
let api: ApiClient;
let dynamoDb: DynamoDBClient;

beforeAll(async () => {
  stack = await LocalStack.start({ variables: { RETENTION_DAYS: String(KEPT_DAYS) } });
  const { baseUrl, endpoints } = stack.announcement;
  api = (await ApiClient.connect(baseUrl)).withToken(await machineToken(stack.announcement));
  dynamoDb = new DynamoDBClient({
    endpoint: endpoints.dynamodb,
    region: 'local',
    credentials: stackCredentials(stack.dataDir),
  });
});
afterAll(async () => {
  dynamoDb.destroy();
  await stack.stopAndForget();
});

function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString();
}

const TableName = 'sensorflow-readings';

/** The equipment's blocks in the table. */
async function blocksOf(equipmentId: string) {
  const { Items = [] } = await dynamoDb.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: 'equipmentId = :id',
      ExpressionAttributeValues: { ':id': { S: equipmentId } },
      ConsistentRead: true,
    }),
  );
  return Items;
}

describe('a stack that keeps readings for 30 days', () => {
  it('refuses what would soon expire, at every door, and takes the rest', async () => {
    const [old, kept] = [daysAgo(28), daysAgo(26)];

    const single = await api.post('/sensor-data', {
      equipmentId: 'EQ-1',
      timestamp: old,
      value: 1,
    });
    const batch = await api.post('/sensor-data/batch', [
      { equipmentId: 'EQ-1', timestamp: kept, value: 1 },
      { equipmentId: 'EQ-1', timestamp: old, value: 1 },
    ]);
    const removal = await api.send('DELETE', `/sensor-data/EQ-1/${old}`);
    const file = ['equipmentId,timestamp,value', `EQ-2,${old},1`, `EQ-2,${kept},1`].join('\n');
    const imported = await importFile(api, 'old.csv', file);

    expect(single.body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/timestamp', code: 'reading-too-old' }],
    });
    expect(batch.status).toBe(207);
    expect(batch.body.rejected).toMatchObject([{ index: 1, code: 'reading-too-old' }]);
    expect(removal.body).toMatchObject({ status: 400, code: 'reading-too-old' });
    expect(imported.rows).toMatchObject({ total: 2, accepted: 1, rejected: 1 });
    expect(await (await fetch(imported.errorReportUrl)).text()).toContain('reading-too-old');
  });

  it('lets readings expire, and keeps what was aggregated from them', async () => {
    const equipmentId = 'EQ-EXPIRING';
    const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - DAY_MS;
    const timestamps = [0, 1, 2].map((minute) => new Date(hour + minute * 60_000).toISOString());
    for (const timestamp of timestamps) {
      await api.post('/sensor-data', { equipmentId, timestamp, value: 0.1 });
    }
    const range = { equipmentId, from: daysAgo(2), to: daysAgo(0) };
    await eventually(
      async () => aggregatedHours(api, range),
      ({ items }) => items[0]?.total === '0.3',
    );

    const blocks = await blocksOf(equipmentId);
    for (const { block } of blocks) await expireNow(equipmentId, block?.S ?? '');
    const left = await eventually(
      async () => allReadings(api, equipmentId),
      (readings) => readings.length === 0,
      60_000,
    );
    // Those that were on their way to the aggregates have arrived when a later one has.
    await api.post('/sensor-data', { equipmentId: 'EQ-LATER', timestamp: daysAgo(1), value: 1 });
    const known = await eventually(
      async () => knownEquipment(api),
      (equipment) => equipment.some((one) => one.equipmentId === 'EQ-LATER'),
    );

    // An hour expires as a whole, when the retention of its last instant is over.
    const expiresAt = { N: String((hour + HOUR_MS + KEPT_DAYS * DAY_MS) / 1000) };
    expect(blocks.map((block) => block['expiresAt'])).toEqual(timestamps.map(() => expiresAt));
    expect(left).toEqual([]);
    expect((await aggregatedHours(api, range)).items).toMatchObject([
      { total: '0.3', sampleCount: 3, intervalStart: hour / 1000 },
    ]);
    expect(known.map((one) => one.equipmentId)).not.toContain(equipmentId);
  });
});

async function expireNow(equipmentId: string, block: string): Promise<void> {
  await dynamoDb.send(
    new UpdateItemCommand({
      TableName,
      Key: { equipmentId: { S: equipmentId }, block: { S: block } },
      UpdateExpression: 'SET expiresAt = :past',
      ExpressionAttributeValues: { ':past': { N: String(Math.floor(Date.now() / 1000) - 5) } },
    }),
  );
}
