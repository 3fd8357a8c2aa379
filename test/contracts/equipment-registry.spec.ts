import type { EquipmentRegistry, RegisteredEquipment } from '@sensorflow/aggregation';
import { DynamoDbEquipmentRegistry } from '@sensorflow/aggregation/dynamodb/dynamodb-equipment-registry.js';
import { AGGREGATES_TABLE } from '@sensorflow/platform/resources/tables.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InMemoryEquipmentRegistry } from '../support/in-memory-equipment-registry.js';
import { pagesOf } from '../support/readings.js';
import { startTestDynamoDb, type TestDynamoDb } from '../support/test-dynamodb.js';

let dynamodb: TestDynamoDb;

beforeAll(async () => {
  dynamodb = await startTestDynamoDb();
});
afterAll(() => dynamodb.close());

async function dynamoDbRegistry(): Promise<EquipmentRegistry> {
  const name = await dynamodb.createTable(AGGREGATES_TABLE);
  return new DynamoDbEquipmentRegistry(dynamodb.client, name);
}

describe.each([
  ['the in-memory twin', async () => new InMemoryEquipmentRegistry()],
  ['the DynamoDB adapter', dynamoDbRegistry],
])('the registry of equipment: %s', (_name, start) => {
  let registry: EquipmentRegistry;

  beforeEach(async () => {
    registry = await start();
  });

  async function scanned(after?: string): Promise<readonly RegisteredEquipment[]> {
    return (await pagesOf(registry.scan(after))).flat();
  }

  it('is empty at first', async () => {
    expect(await scanned()).toEqual([]);
    expect(await scanned('EQ-1')).toEqual([]);
  });

  it('holds all metrics of an equipment, in order, each once', async () => {
    await registry.add([
      { equipmentId: 'EQ-1', metric: 'temperature' },
      { equipmentId: 'EQ-1', metric: 'pressure' },
    ]);
    await registry.add([
      { equipmentId: 'EQ-1', metric: 'pressure' },
      { equipmentId: 'EQ-1', metric: 'constructor' },
    ]);

    expect(await scanned()).toEqual([
      { equipmentId: 'EQ-1', metrics: ['constructor', 'pressure', 'temperature'] },
    ]);
  });

  it('lists equipment in the order of ids, also where one begins with the other', async () => {
    const ids = ['EQ-1', 'EQ-1-a', 'EQ-1.a', 'EQ-10', 'EQ-1:a', 'EQ-1_a', 'EQ-2', 'eq', '0'];
    await registry.add(ids.map((equipmentId) => ({ equipmentId, metric: 'z_.-9' })));
    await registry.add(ids.map((equipmentId) => ({ equipmentId, metric: 'A' })));

    const found = await scanned();

    expect(found.map(({ equipmentId }) => equipmentId)).toEqual(ids.toSorted(byCharacterCode));
    expect(found.every(({ metrics }) => metrics.join() === 'A,z_.-9')).toBe(true);
  });

  it('goes on behind any equipment, registered or not', async () => {
    await registry.add(
      ['EQ-1', 'EQ-1-a', 'EQ-3'].map((equipmentId) => ({ equipmentId, metric: 'value' })),
    );

    expect((await scanned('EQ-1')).map(({ equipmentId }) => equipmentId)).toEqual([
      'EQ-1-a',
      'EQ-3',
    ]);
    expect((await scanned('EQ-2')).map(({ equipmentId }) => equipmentId)).toEqual(['EQ-3']);
    expect(await scanned('EQ-3')).toEqual([]);
  });

  it('takes more than a call of the store does, and gives back more than a page of it', async () => {
    const pairs = Array.from({ length: 700 }, (_, i) => ({
      equipmentId: i < 600 ? 'EQ-WIDE' : `EQ-${i}`,
      metric: `m${String(i).padStart(3, '0')}`,
    }));

    await registry.add(pairs);

    const found = await scanned();
    expect(found).toHaveLength(101);
    expect(found.at(-1)?.metrics).toEqual(pairs.slice(0, 600).map(({ metric }) => metric));
  });
});

function byCharacterCode(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
