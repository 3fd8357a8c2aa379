import {
  AGGREGATE_TOO_LARGE,
  hourOf,
  hourPlus,
  parseHour,
  type AggregateStore,
  type EquipmentHourCell,
  type Hour,
} from '@sensorflow/aggregation';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import {
  compareEquipmentHours,
  type MetricHour,
  type MetricHoursQuery,
} from '@sensorflow/aggregation/hours/aggregate-store.js';
import { foldReadings } from '@sensorflow/aggregation/hours/hourly-aggregate.js';
import { AGGREGATES_TABLE } from '@sensorflow/platform/resources/tables.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aBudget } from '../support/budgets.js';
import { InMemoryAggregateStore } from '../support/in-memory-aggregate-store.js';
import { aStoredReading, pagesOf } from '../support/readings.js';
import { startTestDynamoDb, type TestDynamoDb } from '../support/test-dynamodb.js';

const FIFTEENTH = { from: anHour('2023-02-15T00'), to: anHour('2023-02-16T00') };

let dynamodb: TestDynamoDb;

beforeAll(async () => {
  dynamodb = await startTestDynamoDb();
});
afterAll(() => dynamodb.close());

async function dynamoDbStore(shards: number): Promise<AggregateStore> {
  const name = await dynamodb.createTable(AGGREGATES_TABLE);
  return new DynamoDbAggregateStore(dynamodb.client, name, shards);
}

function anHour(text: string): Hour {
  const hour = parseHour(text);
  if (hour === undefined) throw new Error(`${text} is no hour`);
  return hour;
}

function aCell(
  equipmentId: string,
  hour: string,
  values: Readonly<Record<string, number>> = { value: 1.5 },
  version = 1,
): EquipmentHourCell {
  const reading = aStoredReading({ equipmentId, timestamp: `${hour}:30:00Z`, values });
  return {
    equipmentId,
    hour: hourOf(reading.timestamp),
    version,
    metrics: foldReadings([reading]),
  };
}

function plain({ equipmentId, hour, aggregate }: MetricHour) {
  return { equipmentId, hour, ...aggregate, total: aggregate.total.toString() };
}

describe.each([
  ['in memory', async () => Promise.resolve(new InMemoryAggregateStore())],
  ['in DynamoDB with one shard', () => dynamoDbStore(1)],
  ['in DynamoDB with five shards', () => dynamoDbStore(5)],
] satisfies [string, () => Promise<AggregateStore>][])('aggregates %s', (_name, aStore) => {
  let store: AggregateStore;

  beforeEach(async () => {
    store = await aStore();
  });

  async function scanned(query: Partial<MetricHoursQuery> = {}): Promise<readonly MetricHour[]> {
    const items: MetricHour[] = [];
    for await (const page of store.scanMetric({ metric: 'value', range: FIFTEENTH, ...query })) {
      items.push(
        ...page.flatMap(({ aggregate, ...of }) => (aggregate ? [{ ...of, aggregate }] : [])),
      );
    }
    return items;
  }

  it('have version 0 until they are written', async () => {
    expect(await store.readState(aCell('EQ-1', '2023-02-15T06'))).toEqual({ version: 0 });
  });

  it('are written by version 1 and replaced by the version that follows', async () => {
    const cell = aCell('EQ-1', '2023-02-15T06');

    expect(await store.replaceCell(cell)).toBe('replaced');
    expect(
      await store.replaceCell({ ...aCell('EQ-1', '2023-02-15T06', { value: 2 }), version: 2 }),
    ).toBe('replaced');

    expect(await store.readState(cell)).toEqual({ version: 2 });
    expect((await scanned()).map(plain)).toMatchObject([{ total: '2', count: 1 }]);
  });

  it('keep as of when they hold as long as they are open', async () => {
    const cell = { ...aCell('EQ-1', '2023-02-15T06'), asOf: 1_676_440_801 };

    await store.replaceCell(cell);
    const open = await store.readState(cell);

    expect(open).toEqual({ version: 1, asOf: 1_676_440_801 });
    expect((await pagesOf(store.scanCells('EQ-1', FIFTEENTH))).flat()).toEqual([cell]);
  });

  it.each([1, 2, 4, 100])(
    'are left alone by version %i when version 2 stands there',
    async (version) => {
      await store.replaceCell(aCell('EQ-1', '2023-02-15T06'));
      await store.replaceCell(aCell('EQ-1', '2023-02-15T06', { value: 7 }, 2));

      const late = aCell('EQ-1', '2023-02-15T06', { value: 9 }, version);

      expect(await store.replaceCell(late)).toBe('conflict');
      expect(await store.readState(late)).toEqual({ version: 2 });
      expect((await scanned()).map(plain)).toMatchObject([{ total: '7' }]);
    },
  );

  it.each([2000, 5000])('of %i metrics are refused, and nothing changes', async (metrics) => {
    const cell = aCell('EQ-1', '2023-02-15T06');
    const names = Array.from({ length: metrics }, (_, i) => `m${i}`.padEnd(64, 'x'));
    const values = Object.fromEntries(names.map((name, i) => [name, i + 0.123456789]));
    await store.replaceCell(cell);

    const writing = store.replaceCell(aCell('EQ-1', '2023-02-15T06', values, 2));

    await expect(writing).rejects.toMatchObject({ kind: 'invalid', code: 'aggregate-too-large' });
    expect(await store.readState(cell)).toEqual({ version: 1 });
    expect((await scanned()).map(plain)).toMatchObject([{ total: '1.5' }]);
  });

  it('with a failure instead of metrics are not shown, and count as a version', async () => {
    const cell = aCell('EQ-1', '2023-02-15T06');
    await store.replaceCell(cell);

    const failure = AGGREGATE_TOO_LARGE;
    const outcome = await store.replaceCell({ ...cell, version: 2, metrics: new Map(), failure });

    expect(outcome).toBe('replaced');
    expect(await store.readState(cell)).toEqual({ version: 2 });
    expect(await scanned()).toEqual([]);
    expect(await scanned({ equipmentId: 'EQ-1' })).toEqual([]);
  });

  it('are left alone by version 2 when nothing stands there', async () => {
    expect(await store.replaceCell(aCell('EQ-1', '2023-02-15T06', { value: 1 }, 2))).toBe(
      'conflict',
    );
    expect(await scanned()).toEqual([]);
  });

  it('are replaced by exactly one of many that know the same version', async () => {
    const rivals = Array.from({ length: 10 }, (_, i) =>
      store.replaceCell(aCell('EQ-1', '2023-02-15T06', { value: i })),
    );

    const outcomes = await Promise.all(rivals);

    expect(outcomes.filter((outcome) => outcome === 'replaced')).toHaveLength(1);
  });

  it('come back digit for digit', async () => {
    const readings = [1e100, 1e-100, 0.1, -123456789.12345679].map((value, minute) =>
      aStoredReading({
        equipmentId: 'EQ-1',
        timestamp: `2023-02-15T06:0${minute}:00.123456789Z`,
        value,
      }),
    );
    const metrics = foldReadings(readings);
    await store.replaceCell({
      equipmentId: 'EQ-1',
      hour: anHour('2023-02-15T06'),
      version: 1,
      metrics,
    });

    const [item] = await scanned();

    const aggregate = metrics.get('value');
    expect(item && plain(item)).toEqual({
      equipmentId: 'EQ-1',
      hour: '2023-02-15T06',
      ...aggregate,
      total: aggregate?.total.toString(),
    });
  });

  it.each(['temp.in-1_x', 'constructor', 'count', 'size', 'M'])(
    'are found by the metric %s, and not by others',
    async (metric) => {
      await store.replaceCell(aCell('EQ-1', '2023-02-15T06', { [metric]: 2.5, pressure: 1 }));
      await store.replaceCell(aCell('EQ-2', '2023-02-15T06', { pressure: 1 }));

      expect((await scanned({ metric })).map(plain)).toMatchObject([
        { equipmentId: 'EQ-1', total: '2.5' },
      ]);
      expect(await scanned({ metric: 'toString' })).toEqual([]);
    },
  );

  it('keep the slots of a dense hour beside its metrics, until a version comes without them', async () => {
    const cell = aCell('EQ-1', '2023-02-15T06');
    const other = aCell('EQ-1', '2023-02-15T06', { value: 0.1, pressure: 1e-15 });
    const slots = new Map([
      [0, cell.metrics],
      [11, other.metrics],
    ]);

    await store.replaceCell({ ...cell, slots });
    const dense = await store.readState(cell);
    await store.replaceCell({ ...cell, version: 2 });

    expect(dense).toEqual({ version: 1, slots });
    expect(await store.readState(cell)).toEqual({ version: 2 });
  });

  it('say whether they are closed in every kind of answer', async () => {
    const closed = { ...aCell('EQ-1', '2023-02-15T06'), isClosed: true };
    const open = aCell('EQ-2', '2023-02-15T06');
    for (const cell of [closed, open]) await store.replaceCell(cell);
    await store.replaceCell(aCell('EQ-1', '2023-02-15T07'));

    const states = [await store.readState(closed), await store.readState(open)];
    const ofHour = (await pagesOf(store.scanHour(closed.hour))).flat();
    const query = { metric: 'value', range: FIFTEENTH };
    const shown = (await pagesOf(store.scanMetric(query)))
      .flat()
      .map(({ equipmentId, hour, isClosed = false }) => [equipmentId, hour, isClosed].join(' '));
    const cells = (await pagesOf(store.scanCells('EQ-1', FIFTEENTH))).flat();

    expect(states.map(({ isClosed = false }) => isClosed)).toEqual([true, false]);
    expect(
      new Map(ofHour.map(({ equipmentId, isClosed = false }) => [equipmentId, isClosed])),
    ).toEqual(
      new Map([
        ['EQ-1', true],
        ['EQ-2', false],
      ]),
    );
    expect(shown).toEqual([
      'EQ-1 2023-02-15T06 true',
      'EQ-2 2023-02-15T06 false',
      'EQ-1 2023-02-15T07 false',
    ]);
    expect(cells.map(({ isClosed = false }) => isClosed)).toEqual([true, false]);
    expect(await pagesOf(store.scanHour(anHour('2023-02-17T06')))).toSatisfy(
      (pages: readonly unknown[][]) => pages.flat().length === 0,
    );
  });

  it('go on behind an equipment-hour, of all equipment and of one', async () => {
    const hours = ['2023-02-15T05', '2023-02-15T06', '2023-02-15T07'];
    const ids = ['EQ-1', 'EQ-10', 'EQ-2', 'EQ-3'];
    for (const hour of hours) for (const id of ids) await store.replaceCell(aCell(id, hour));
    const after = { equipmentId: 'EQ-10', hour: anHour('2023-02-15T06') };
    const shown = (found: readonly MetricHour[]) =>
      found.map(({ equipmentId, hour }) => `${hour.slice(-2)} ${equipmentId}`);

    const ofAll = shown(await scanned({ after, wanted: 3 }));
    const ofOne = shown(await scanned({ after, equipmentId: 'EQ-10' }));

    expect(ofAll).toEqual(['06 EQ-2', '06 EQ-3', '07 EQ-1', '07 EQ-10', '07 EQ-2', '07 EQ-3']);
    expect(ofOne).toEqual(['07 EQ-10']);
  });

  it('without readings keep their version and are not listed', async () => {
    const cell = aCell('EQ-1', '2023-02-15T06');
    await store.replaceCell(cell);

    await store.replaceCell({ ...cell, version: 2, metrics: new Map() });

    expect(await store.readState(cell)).toEqual({ version: 2 });
    expect(await scanned()).toEqual([]);
    expect(await scanned({ equipmentId: 'EQ-1' })).toEqual([]);
  });

  it('of several days come in order of the hour and the equipment, whatever their shards', async () => {
    const hours = [
      '2023-02-14T23',
      '2023-02-15T00',
      '2023-02-15T23',
      '2023-02-17T12',
      '2023-02-18T00',
    ];
    const ids = Array.from({ length: 12 }, (_, i) => `EQ-${i}`);
    const cells = hours.flatMap((hour) => ids.map((id) => aCell(id, hour)));
    for (const cell of cells.toReversed()) await store.replaceCell(cell);

    const range = { from: anHour('2023-02-15T00'), to: anHour('2023-02-18T00') };
    const found = await scanned({ range });

    const within = cells.filter(({ hour }) => hour >= range.from && hour < range.to);
    expect(found.map(({ equipmentId, hour }) => `${hour} ${equipmentId}`)).toEqual(
      within.sort(compareEquipmentHours).map(({ equipmentId, hour }) => `${hour} ${equipmentId}`),
    );
  });

  it('of one equipment are listed from the first hour of the range to the last', async () => {
    for (const hour of ['2023-02-14T23', '2023-02-15T00', '2023-02-15T23', '2023-02-16T00']) {
      for (const id of ['EQ-1', 'EQ-10']) await store.replaceCell(aCell(id, hour));
    }

    const found = await scanned({ equipmentId: 'EQ-1' });

    expect(found.map(({ equipmentId, hour }) => `${hour} ${equipmentId}`)).toEqual([
      '2023-02-15T00 EQ-1',
      '2023-02-15T23 EQ-1',
    ]);
  });

  it('of one equipment come in order over weeks, from the middle of a day, without its neighbours', async () => {
    const first = anHour('2023-02-01T05');
    const weeks = [...Array.from({ length: 130 }, (_, n) => n), 500, 501, 700];
    const hours = weeks.map((n) => hourPlus(first, n));
    for (const hour of hours.toReversed()) await store.replaceCell(aCell('EQ-1', hour));
    for (const hour of hours.slice(0, 3)) await store.replaceCell(aCell('EQ-10', hour));
    const range = { from: hourPlus(first, 2), to: hourPlus(first, 700) };
    const within = hours.slice(2, -1);

    const listed = await scanned({ equipmentId: 'EQ-1', range });
    const whole = (await pagesOf(store.scanCells('EQ-1', range))).flat();
    const behind = await scanned({
      equipmentId: 'EQ-1',
      range,
      after: { equipmentId: 'EQ-1', hour: hourPlus(first, 129) },
    });

    expect(listed.map(({ hour }) => hour)).toEqual(within);
    expect(whole.map(({ hour }) => hour)).toEqual(within);
    expect(behind.map(({ hour }) => hour)).toEqual(within.slice(-2));
    expect(await store.daysWithin(range, 'EQ-10')).toEqual(['2023-02-01']);
    expect(await store.daysWithin(range, 'EQ-2')).toEqual([]);
  });

  it('without the metric are come across too, so that a scan knows how far it has come', async () => {
    await store.replaceCell(aCell('EQ-1', '2023-02-15T06', { pressure: 2.3 }));
    await store.replaceCell({
      ...aCell('EQ-2', '2023-02-15T06'),
      metrics: new Map(),
      failure: AGGREGATE_TOO_LARGE,
    });

    const hour = anHour('2023-02-15T06');
    const failed = { equipmentId: 'EQ-2', hour, failure: AGGREGATE_TOO_LARGE };
    const of = (filter: Partial<MetricHoursQuery>) =>
      pagesOf(store.scanMetric({ metric: 'value', range: FIFTEENTH, ...filter }));
    expect((await of({})).flat()).toEqual([{ equipmentId: 'EQ-1', hour }, failed]);
    expect((await of({ equipmentId: 'EQ-2' })).flat()).toEqual([failed]);
  });

  it('cost a budget its calls, and are not read for a client that has gone', async () => {
    await store.replaceCell(aCell('EQ-1', '2023-02-15T06'));
    const reader = new AbortController();
    const budget = aBudget(reader.signal);
    const query = { metric: 'value', range: FIFTEENTH };
    const reads: readonly (() => Promise<unknown>)[] = [
      async () => pagesOf(store.scanMetric(query, budget)),
      async () => pagesOf(store.scanCells('EQ-1', FIFTEENTH, budget)),
      async () => pagesOf(store.scanEquipment(FIFTEENTH, budget)),
      async () => store.daysWithin(FIFTEENTH, undefined, budget),
      async () => store.daysWithin(FIFTEENTH, 'EQ-1', budget),
    ];

    for (const read of reads) {
      const { storeCalls } = budget.cost;
      await read();
      expect(budget.cost.storeCalls).toBeGreaterThan(storeCalls);
    }
    const { storeCalls, storeItems } = budget.cost;
    reader.abort();

    for (const read of reads) await expect(read()).rejects.toBe(reader.signal.reason);
    expect(storeItems).toBeGreaterThan(0);
    expect(budget.cost.storeCalls).toBe(storeCalls);
  });

  it('of an empty range are none', async () => {
    await store.replaceCell(aCell('EQ-1', '2023-02-15T06'));
    const range = { from: anHour('1970-01-01T00'), to: anHour('1970-01-01T00') };

    expect(await scanned({ range })).toEqual([]);
    expect(await scanned({ range, equipmentId: 'EQ-1' })).toEqual([]);
  });

  it('of one equipment come whole, with their slots and their failure, by hour', async () => {
    const six = aCell('EQ-1', '2023-02-15T06', { value: 0.1, pressure: 1e-15 });
    const cells: readonly EquipmentHourCell[] = [
      { ...six, slots: new Map([[6, six.metrics]]) },
      { ...aCell('EQ-1', '2023-02-15T07'), metrics: new Map(), failure: AGGREGATE_TOO_LARGE },
      { ...aCell('EQ-1', '2023-02-15T08'), metrics: new Map() },
    ];
    const others = [aCell('EQ-2', '2023-02-15T06'), aCell('EQ-1', '2023-02-16T00')];
    for (const cell of [...cells, ...others]) await store.replaceCell(cell);

    const found = (await pagesOf(store.scanCells('EQ-1', FIFTEENTH))).flat();

    expect(found).toEqual(cells);
  });

  it('say which equipment has any in some hours of a day, and on which days there may be any', async () => {
    await store.replaceCell(aCell('EQ-1', '2023-02-14T05'));
    await store.replaceCell(aCell('EQ-2', '2023-02-15T05'));
    await store.replaceCell(aCell('EQ-3', '2023-02-15T06'));
    await store.replaceCell({ ...aCell('EQ-4', '2023-02-15T07'), metrics: new Map() });
    await store.replaceCell(aCell('EQ-1', '2023-02-15T08'));
    const hours = { from: anHour('2023-02-15T06'), to: anHour('2023-02-15T08') };

    const equipment = (await pagesOf(store.scanEquipment(hours))).flat();
    const all = { from: anHour('2023-01-01T00'), to: anHour('2023-02-16T00') };

    expect(equipment.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['EQ-3', 'EQ-4']);
    expect(await store.daysWithin(all)).toEqual(['2023-02-14', '2023-02-15']);
    expect(await store.daysWithin(all, 'EQ-2')).toEqual(['2023-02-15']);
    expect(await store.daysWithin({ from: all.from, to: all.from })).toEqual([]);
  });

  it('are in the same shard every hour of a day; asking does not create a layout', async () => {
    const shards = [
      await store.shardOf(aCell('EQ-1', '2023-02-15T05')),
      await store.shardOf(aCell('EQ-1', '2023-02-15T06')),
    ];

    expect(shards[0]).toBe(shards[1]);
    expect(await store.daysWithin(FIFTEENTH)).toEqual([]);
  });
});
