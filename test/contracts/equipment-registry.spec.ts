import { EquipmentRegistrar, type EquipmentRegistry } from '@sensorflow/equipment';
import { DynamoDbEquipmentRegistry } from '@sensorflow/equipment/dynamodb/dynamodb-equipment-registry.js';
import {
  MOST_LISTED_METRICS,
  type EquipmentMetric,
  type RegisteredEquipment,
} from '@sensorflow/equipment/equipment-registry.js';
import { SystemClock, WorkBudget } from '@sensorflow/kernel';
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

  async function register(pairs: readonly EquipmentMetric[]): Promise<void> {
    await new EquipmentRegistrar(registry, new SystemClock()).register(pairs);
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
      {
        equipmentId: 'EQ-1',
        metrics: ['constructor', 'pressure', 'temperature'],
        hasMoreMetrics: false,
      },
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

  it('continues after any equipment, registered or not', async () => {
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

  it('shows the first metrics of wide equipment, and all equipment behind it', async () => {
    const metrics = Array.from({ length: 600 }, (_, n) => `m${String(n).padStart(3, '0')}`);
    const ids = Array.from({ length: 101 }, (_, n) => `EQ-${String(n).padStart(3, '0')}`);
    await register(ids.map((equipmentId) => ({ equipmentId, metric: 'm000' })));
    for (const equipmentId of ['EQ-003', 'EQ-050', 'EQ-100']) {
      await register(metrics.map((metric) => ({ equipmentId, metric })));
    }
    const budget = new WorkBudget(new AbortController().signal, new SystemClock());

    const found = (await pagesOf(registry.scan(undefined, budget))).flat();

    // Of 1,901 rows.
    expect(budget.cost.storeItems).toBeLessThan(1_000);

    expect(found.map(({ equipmentId }) => equipmentId)).toEqual(ids);
    expect(found.filter(({ hasMoreMetrics }) => hasMoreMetrics)).toEqual(
      ['EQ-003', 'EQ-050', 'EQ-100'].map((equipmentId) => ({
        equipmentId,
        metrics: metrics.slice(0, MOST_LISTED_METRICS),
        hasMoreMetrics: true,
      })),
    );
  });

  it.each([
    [99, false],
    [100, false],
    [101, true],
    [250, true],
    [251, true],
  ])('says of %i metrics whether there are more than it shows: %s', async (count, hasMore) => {
    const metrics = Array.from({ length: count }, (_, n) => `m${String(n).padStart(3, '0')}`);
    await register(metrics.map((metric) => ({ equipmentId: 'EQ-1', metric })));

    expect(await scanned()).toEqual([
      { equipmentId: 'EQ-1', metrics: metrics.slice(0, 100), hasMoreMetrics: hasMore },
    ]);
  });

  it('gives the metrics of one equipment, from any metric on', async () => {
    const metrics = ['A', 'a', 'a-1', 'a.1', 'a1', 'a_1', 'b'];
    await register(metrics.map((metric) => ({ equipmentId: 'EQ-1', metric })));
    await register([
      { equipmentId: 'EQ-1-a', metric: 'other' },
      { equipmentId: 'EQ-10', metric: 'other' },
    ]);
    const of = async (limit: number, after?: string) =>
      registry.metricsOf({ equipmentId: 'EQ-1', limit, ...(after !== undefined && { after }) });

    expect(await of(100)).toEqual(metrics);
    expect(await of(2)).toEqual(['A', 'a']);
    expect(await of(3, 'a')).toEqual(['a-1', 'a.1', 'a1']);
    expect(await of(3, 'a0')).toEqual(['a1', 'a_1', 'b']);
    expect(await of(3, 'b')).toEqual([]);
    expect(await registry.metricsOf({ equipmentId: 'EQ-9', limit: 3 })).toEqual([]);
  });

  it('scans no further for a caller that has gone', async () => {
    await register([{ equipmentId: 'EQ-1', metric: 'value' }]);
    const gone = AbortSignal.abort(new Error('gone'));

    const scan = pagesOf(registry.scan(undefined, new WorkBudget(gone, new SystemClock())));

    await expect(scan).rejects.toBe(gone.reason);
  });
});

function byCharacterCode(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
