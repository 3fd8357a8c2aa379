import {
  hourOf,
  parseHour,
  type AggregateStore,
  type FleetStore,
  type Hour,
  type HourMetrics,
  type MetricAggregate,
} from '@sensorflow/aggregation';
import { shardOf } from '@sensorflow/aggregation/dynamodb/aggregate-keys.js';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbFleetStore } from '@sensorflow/aggregation/dynamodb/dynamodb-fleet-store.js';
import type { SumCell } from '@sensorflow/aggregation/fleet/fleet-store.js';
import { foldReadings } from '@sensorflow/aggregation/hours/hourly-aggregate.js';
import { AGGREGATES_TABLE } from '@sensorflow/platform/resources/tables.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aBudget } from '../support/budgets.js';
import { InMemoryAggregateStore } from '../support/in-memory-aggregate-store.js';
import { InMemoryFleetStore } from '../support/in-memory-fleet-store.js';
import { aStoredReading, pagesOf } from '../support/readings.js';
import { startTestDynamoDb, type TestDynamoDb } from '../support/test-dynamodb.js';

const SHARDS = 3;
const SIX = anHour('2023-02-15T06');

interface Stores {
  readonly aggregates: AggregateStore;
  readonly fleet: FleetStore;
}

let dynamodb: TestDynamoDb;

beforeAll(async () => {
  dynamodb = await startTestDynamoDb();
});
afterAll(() => dynamodb.close());

async function inDynamoDb(): Promise<Stores> {
  const name = await dynamodb.createTable(AGGREGATES_TABLE);
  return {
    aggregates: new DynamoDbAggregateStore(dynamodb.client, name, SHARDS),
    fleet: new DynamoDbFleetStore(dynamodb.client, name),
  };
}

async function inMemory(): Promise<Stores> {
  const aggregates = new InMemoryAggregateStore();
  return Promise.resolve({
    aggregates,
    fleet: new InMemoryFleetStore(aggregates, (id) => shardOf(id, SHARDS)),
  });
}

function anHour(text: string): Hour {
  const hour = parseHour(text);
  if (hour === undefined) throw new Error(`${text} is no hour`);
  return hour;
}

function metricsOf(values: Readonly<Record<string, number>>, hour = SIX): HourMetrics {
  return foldReadings([aStoredReading({ timestamp: `${hour}:30:00Z`, values })]);
}

function aSum(words: Partial<SumCell> & { readonly value?: number } = {}): SumCell {
  const { value = 1.5, ...rest } = words;
  const aggregate = metricsOf({ value }, words.hour).get('value');
  return { metric: 'value', hour: SIX, version: 1, aggregate, ...rest };
}

function plain(aggregate: MetricAggregate) {
  return { ...aggregate, total: aggregate.total.toString() };
}

describe.each([
  ['in memory', inMemory],
  ['in DynamoDB', inDynamoDb],
] satisfies [string, () => Promise<Stores>][])('sums %s', (_name, stores) => {
  let aggregates: AggregateStore;
  let fleet: FleetStore;

  beforeEach(async () => {
    ({ aggregates, fleet } = await stores());
  });

  async function putCell(id: string, values: Readonly<Record<string, number>>, hour = SIX) {
    const { timestamp } = aStoredReading({ timestamp: `${hour}:30:00Z` });
    const cell = { equipmentId: id, hour: hourOf(timestamp), version: 1 };
    await aggregates.replaceCell({ ...cell, metrics: metricsOf(values, hour) });
  }

  const shardSums = async (metric = 'value', hour = SIX) =>
    (await pagesOf(fleet.scanShardSums(metric, hour)))
      .flat()
      .flatMap(({ metrics }) => Array.from(metrics.values(), plain));
  const fleetHours = async (from: string, to: string, metric = 'value') => {
    const pages = fleet.scanFleet(metric, { from: anHour(from), to: anHour(to) });
    const found = (await pagesOf(pages)).flat();
    return found.flatMap(({ hour, aggregate }) => (aggregate ? [{ hour, aggregate }] : []));
  };

  it.each([[{}], [{ shard: 0 }]])('of %j have version 0 until they are written', async (of) => {
    expect(await fleet.readVersion(aSum(of))).toBe(0);
    expect(await fleet.replaceSum(aSum(of))).toBe('replaced');
    expect(await fleet.readVersion(aSum(of))).toBe(1);
  });

  it.each([1, 2, 4])(
    'are left alone by version %i when version 2 stands there',
    async (version) => {
      await fleet.replaceSum(aSum({ shard: 0 }));
      await fleet.replaceSum(aSum({ shard: 0, version: 2, value: 7 }));

      expect(await fleet.replaceSum(aSum({ shard: 0, version, value: 9 }))).toBe('conflict');
      expect(await shardSums()).toMatchObject([{ total: '7' }]);
    },
  );

  it('are replaced by exactly one of many that know the same version', async () => {
    const rivals = Array.from({ length: 10 }, (_, value) => fleet.replaceSum(aSum({ value })));

    const outcomes = await Promise.all(rivals);

    expect(outcomes.filter((outcome) => outcome === 'replaced')).toHaveLength(1);
  });

  it('are apart by metric, hour, shard and level', async () => {
    const seven = anHour('2023-02-15T07');
    const others: Partial<SumCell>[] = [{}, { shard: 0 }, { shard: 1 }, { hour: seven }];
    for (const [value, of] of others.entries()) await fleet.replaceSum(aSum({ ...of, value }));
    await fleet.replaceSum(aSum({ shard: 0, metric: 'pressure', value: 9 }));

    expect((await shardSums()).map(({ total }) => total)).toEqual(['1', '2']);
    expect((await shardSums('pressure')).map(({ total }) => total)).toEqual(['9']);
    const hours = await fleetHours('2023-02-15T06', '2023-02-15T08');
    expect(hours.map(({ hour, aggregate }) => [hour, aggregate.count])).toEqual([
      ['2023-02-15T06', 1],
      ['2023-02-15T07', 1],
    ]);
    expect(await fleetHours('2023-02-15T06', '2023-02-15T08', 'pressure')).toEqual([]);
  });

  it('without readings keep their version and are not shown', async () => {
    for (const of of [{}, { shard: 0 }]) {
      await fleet.replaceSum(aSum(of));
      await fleet.replaceSum(aSum({ ...of, version: 2, aggregate: undefined }));
    }

    expect(await fleet.readVersion(aSum({ shard: 0 }))).toBe(2);
    expect(await shardSums()).toEqual([]);
    expect(await fleetHours('2023-02-15T06', '2023-02-15T07')).toEqual([]);
  });

  it('come back digit for digit, with what makes them complete', async () => {
    const readings = ['2023-02-15T06:00:00Z', '2023-02-15T06:30:00.000000001Z'].map(
      (timestamp, i) => aStoredReading({ timestamp, value: [1e15, 1e-15][i] ?? 0 }),
    );
    const aggregate = foldReadings(readings).get('value');
    await fleet.replaceSum(aSum({ shard: 1, aggregate }));

    expect(await shardSums()).toEqual(aggregate && [plain(aggregate)]);
    expect(aggregate).toMatchObject({ late: 2, largestGapNs: 1_800_000_000_001 });
  });

  it('of some hours come from all shards and the fleet, whole or without an aggregate', async () => {
    const seven = anHour('2023-02-15T07');
    const sums = [
      aSum({ shard: 0 }),
      aSum({ shard: 12, value: 1e-15 }),
      aSum({ value: 1e15 }),
      aSum({ shard: 1, hour: seven, aggregate: undefined }),
      aSum({ hour: seven, aggregate: undefined }),
    ];
    const others = [
      aSum({ hour: anHour('2023-02-15T05') }),
      aSum({ shard: 3, hour: anHour('2023-02-15T08') }),
    ];
    for (const sum of [...sums, ...others, aSum({ metric: 'pressure' })])
      await fleet.replaceSum(sum);

    const range = { from: SIX, to: anHour('2023-02-15T08') };
    const found = (await pagesOf(fleet.scanSums('value', range))).flat();

    const text = ({ hour, shard, version, aggregate }: SumCell) =>
      `${hour} ${shard} ${version} ${JSON.stringify(aggregate && plain(aggregate))}`;
    expect(found.map(text).toSorted()).toEqual(sums.map(text).toSorted());
  });

  it('cost a budget their calls, and are not read for a client that has gone', async () => {
    await fleet.replaceSum(aSum({ shard: 0 }));
    await fleet.replaceSum(aSum({}));
    const range = { from: SIX, to: anHour('2023-02-15T08') };
    const reader = new AbortController();
    const budget = aBudget(reader.signal);
    const scans = [
      () => fleet.scanSums('value', range, budget),
      () => fleet.scanFleet('value', range, budget),
    ];

    for (const scan of scans) {
      const { storeCalls } = budget.cost;
      await pagesOf<unknown>(scan());
      expect(budget.cost.storeCalls).toBeGreaterThan(storeCalls);
    }
    const { storeCalls } = budget.cost;
    reader.abort();

    for (const scan of scans) {
      await expect(pagesOf<unknown>(scan())).rejects.toBe(reader.signal.reason);
    }
    expect(budget.cost.storeCalls).toBe(storeCalls);
  });

  it('of the fleet come in order of the hour, from the first to before the last', async () => {
    const hours = ['2023-02-14T23', '2023-02-15T00', '2023-02-15T10', '2023-03-01T00'];
    for (const hour of hours.toReversed()) await fleet.replaceSum(aSum({ hour: anHour(hour) }));

    const found = await fleetHours('2023-02-15T00', '2023-03-01T00');

    expect(found.map(({ hour }) => hour)).toEqual(['2023-02-15T00', '2023-02-15T10']);
    expect(await fleetHours('2023-02-15T00', '2023-02-15T00')).toEqual([]);
  });

  it('say as of when they hold until all below them is closed', async () => {
    const cell = { hour: SIX, version: 1, metrics: metricsOf({ value: 1 }) };
    await aggregates.replaceCell({ ...cell, equipmentId: 'EQ-1', asOf: 1_676_440_801 });
    await aggregates.replaceCell({ ...cell, equipmentId: 'EQ-2' });
    await aggregates.replaceCell({ ...cell, equipmentId: 'EQ-3', isClosed: true, asOf: 7 });
    await fleet.replaceSum(aSum({ shard: 0, asOf: 1_676_440_802 }));
    await fleet.replaceSum(aSum({ shard: 1 }));
    await fleet.replaceSum(aSum({ asOf: 1_676_440_803 }));
    await fleet.replaceSum(aSum({ hour: anHour('2023-02-15T07'), aggregate: undefined, asOf: 9 }));

    const asOfShard = async (id: string) => {
      const scan = fleet.scanShard({ shard: shardOf(id, SHARDS), hour: SIX }, ['value']);
      return (await pagesOf(scan)).flat().map(({ asOf }) => asOf);
    };
    const range = { from: SIX, to: anHour('2023-02-15T08') };

    expect(await asOfShard('EQ-1')).toContain(1_676_440_801);
    expect(await asOfShard('EQ-2')).toContain(0);
    expect(await asOfShard('EQ-3')).toContain(undefined);
    expect(
      (await pagesOf(fleet.scanShardSums('value', SIX))).flat().map(({ asOf }) => asOf),
    ).toEqual([1_676_440_802, undefined]);
    expect((await pagesOf(fleet.scanFleet('value', range))).flat().map(({ asOf }) => asOf)).toEqual(
      [1_676_440_803, 9],
    );
  });

  it.each([2, 150])(
    'are made from every equipment of their shard, for %i metrics',
    async (many) => {
      const ids = Array.from({ length: 12 }, (_, i) => `EQ-${i}`);
      for (const id of ids) await putCell(id, { value: 1, other: 2, unwanted: 3 });
      await putCell('EQ-0', { value: 99 }, anHour('2023-02-15T07'));
      const wanted = ['value', 'other', ...Array.from({ length: many - 2 }, (_, i) => `m${i}`)];

      const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
      const found = await Promise.all(
        shards.map(async (shard) =>
          (await pagesOf(fleet.scanShard({ shard, hour: SIX }, wanted))).flat(),
        ),
      );

      expect(found.map((cells) => cells.length)).toEqual(
        shards.map((shard) => ids.filter((id) => shardOf(id, SHARDS) === shard).length),
      );
      const values = found.flat().map(({ metrics }) => metrics.get('value')?.total.toString());
      expect(values).toEqual(ids.map(() => '1'));
      expect(found.flat().every(({ metrics }) => metrics.has('other'))).toBe(true);
    },
  );
});
