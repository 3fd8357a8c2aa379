import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { hourPlus, HourRecomputer, SumRecomputer } from '@sensorflow/aggregation';
import { toItem } from '@sensorflow/aggregation/dynamodb/aggregate-item.js';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbClosingProgress } from '@sensorflow/aggregation/dynamodb/dynamodb-closing-progress.js';
import { DynamoDbFleetStore } from '@sensorflow/aggregation/dynamodb/dynamodb-fleet-store.js';
import { EquipmentHours } from '@sensorflow/aggregation/equipment-hours.js';
import { DynamoDbEquipmentRegistry } from '@sensorflow/equipment/dynamodb/dynamodb-equipment-registry.js';
import { instantFromEpochMs, SystemClock, type Instant } from '@sensorflow/kernel';
import { AGGREGATES_TABLE, READINGS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { LogReadingStore, Retention, type StoredReading } from '@sensorflow/sensor-data';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import type { StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { AggregateComparison } from '@sensorflow/verification/aggregate-comparison.js';
import { AggregateRepairer } from '@sensorflow/verification/aggregate-repairer.js';
import { DaysWithData } from '@sensorflow/verification/days-with-data.js';
import { PagedComparison } from '@sensorflow/verification/paged-comparison.js';
import { Verification } from '@sensorflow/verification/verification.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anHour } from '../support/aggregation-world.js';
import { aBudget } from '../support/budgets.js';
import { CountedCalls } from '../support/counted-client.js';
import { sumOf } from '../support/fold-file.js';
import { blocksOf, LOG_PATTERNS, singleBlocks, usualValue } from '../support/log-patterns.js';
import { startTestDynamoDb, type TestDynamoDb } from '../support/test-dynamodb.js';

const HOUR = anHour('2026-11-30T07');
const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-11-30T07:00:00Z');
const METRIC = 'temperature';
const BLOCKS_PER_CALL = 25;
const CALLS_AT_ONCE = 4;
const PAGE = 100;
/** Of the latest reading, and of a page of 100 in either order. */
const MOST_READ_UNITS = 10;

type Values = ReadonlyMap<string, number>;

/** An hour of one equipment as it was sent, and what has to be shown of it. */
interface SentHour {
  readonly name: string;
  readonly equipmentId: string;
  readonly blocks: () => Iterable<StoredBlock>;
  /** By instant, in order of time. */
  readonly standing: ReadonlyMap<Instant, Values>;
  /** A page of 100 is as large as its readings. */
  readonly isWide?: boolean;
}

function aPattern(pattern: (typeof LOG_PATTERNS)[number], number: number): SentHour {
  const equipmentId = `EQ-${number}`;
  const valuesOf = (index: number) => new Map([[METRIC, usualValue(index)]]);
  const sent = { equipmentId, firstHour: HOUR, hours: 1, valuesOf };
  const { name, everyMs } = pattern;
  return {
    name,
    equipmentId,
    blocks: () => blocksOf(pattern, sent),
    standing: standingOf(everyMs, valuesOf),
  };
}

function standingOf(everyMs: number, valuesOf: (index: number) => Values) {
  const count = HOUR_MS / everyMs;
  return new Map(
    Array.from({ length: count }, (_, index) => [
      instantFromEpochMs(START_MS + index * everyMs),
      valuesOf(index),
    ]),
  );
}

/** Ten readings a second, one by one, and when the hour is over, a correction of every 25th, one by one. */
function aCorrectedHour(): SentHour {
  const equipmentId = 'EQ-CORRECTED';
  const [everyMs, correctedEvery] = [100, 25];
  const valuesOf = (index: number) => new Map([[METRIC, usualValue(index)]]);
  const before = standingOf(everyMs, valuesOf);
  const corrected = [...before]
    .filter((_, index) => index % correctedEvery === 0)
    .map(
      ([instant, values]) =>
        [instant, new Map([[METRIC, (values.get(METRIC) ?? 0) + 50]])] as const,
    );
  return {
    name: 'ten a second, then late corrections',
    equipmentId,
    standing: new Map([...before, ...corrected]),
    *blocks() {
      yield* singleBlocks(equipmentId, before, '2026-11-30T08:00:00Z');
      yield* singleBlocks(equipmentId, corrected, '2026-11-30T12:00:00Z');
    },
  };
}

/** 64 metrics every ten seconds. */
function aWideHour(): SentHour {
  const equipmentId = 'EQ-WIDE';
  const names = [METRIC, ...Array.from({ length: 63 }, (_, i) => `channel-${i}`)];
  const valuesOf = (index: number) =>
    new Map(names.map((name, column) => [name, usualValue(index + column)]));
  const standing = standingOf(10_000, valuesOf);
  return {
    name: '64 metrics every ten seconds',
    equipmentId,
    standing,
    isWide: true,
    blocks: () => singleBlocks(equipmentId, standing, '2026-11-30T08:00:00Z'),
  };
}

const HOURS: readonly SentHour[] = [
  ...LOG_PATTERNS.filter(({ name }) => name !== 'ten a second').map(aPattern),
  aCorrectedHour(),
  aWideHour(),
];

let dynamodb: TestDynamoDb;
let asked: CountedCalls;
let parts: ReturnType<typeof partsOn>;

beforeAll(async () => {
  dynamodb = await startTestDynamoDb();
  const readings = await dynamodb.createTable(READINGS_TABLE);
  const aggregates = await dynamodb.createTable(AGGREGATES_TABLE);
  parts = partsOn(dynamodb, readings, aggregates);
  asked = new CountedCalls(dynamodb.client);
});
afterAll(() => dynamodb.close());

/** Composed as the API and the aggregator do. */
function partsOn({ client }: TestDynamoDb, readingsTable: string, aggregatesTable: string) {
  const clock = new SystemClock();
  const blocks = new DynamoDbBlockStore(client, readingsTable);
  const readings = new LogReadingStore(blocks, Retention.FOREVER, clock);
  const aggregates = new DynamoDbAggregateStore(client, aggregatesTable, 1);
  const fleet = new DynamoDbFleetStore(client, aggregatesTable);
  const closing = new DynamoDbClosingProgress(client, aggregatesTable);
  const registry = new DynamoDbEquipmentRegistry(client, aggregatesTable);
  const recomputer = new HourRecomputer({ readings, aggregates, closing }, clock);
  const equipment = new EquipmentHours({ aggregates, readings }, Retention.FOREVER, clock);
  const comparison = new AggregateComparison(readings, aggregates, fleet);
  const days = new DaysWithData(readings, aggregates, fleet);
  const sums = new SumRecomputer(fleet, clock);
  const verification = new Verification(
    {
      closing,
      readings,
      registry,
      comparison,
      pagedComparison: new PagedComparison(comparison, days, clock),
      repairer: new AggregateRepairer({ aggregates, hours: recomputer, sums }, clock),
    },
    clock,
    { secondLookMs: 0 },
  );
  const damage = async (equipmentId: string) => {
    const cell = { equipmentId, hour: HOUR, version: 1, metrics: new Map(), isClosed: true };
    await client.send(new PutItemCommand({ TableName: aggregatesTable, Item: toItem(cell, 0) }));
  };
  return { blocks, readings, aggregates, closing, recomputer, equipment, verification, damage };
}

async function write(blocks: Iterable<StoredBlock>): Promise<void> {
  const left = blocks[Symbol.iterator]();
  const sendOn = async (): Promise<void> => {
    for (let some = nextOf(left); some.length > 0; some = nextOf(left)) {
      let unconfirmed: readonly StoredBlock[] = some;
      while (unconfirmed.length > 0) {
        const outcomes = await parts.blocks.putAll(unconfirmed);
        unconfirmed = unconfirmed.filter((_, index) => outcomes[index] !== 'stored');
      }
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, sendOn));
}

function nextOf(blocks: Iterator<StoredBlock>): StoredBlock[] {
  const some: StoredBlock[] = [];
  for (let next = blocks.next(); !next.done; next = blocks.next()) {
    some.push(next.value);
    if (some.length === BLOCKS_PER_CALL) break;
  }
  return some;
}

function plain({ timestamp, values }: StoredReading): readonly [Instant, Values] {
  return [timestamp, values];
}

describe.each(HOURS)('an hour of $name', { timeout: 240_000 }, (sent) => {
  const { equipmentId, standing, isWide = false } = sent;
  const all = [...standing];
  const range = { from: HOUR, to: hourPlus(HOUR, 1) };
  const expected = foldOf([...standing.values()].map((values) => values.get(METRIC) ?? NaN));
  /** What its readings fill by themselves, if a page of them is more than the bound. */
  const mostOfPage = isWide ? PAGE / 2 : MOST_READ_UNITS;

  beforeAll(async () => {
    await write(sent.blocks());
  }, 240_000);

  it('shows its latest reading for little', async () => {
    asked.reset();

    const latest = await parts.readings.latest(equipmentId);

    print(`${sent.name}: latest`);
    expect(latest && plain(latest)).toEqual(all.at(-1));
    expect(asked.units).toBeLessThanOrEqual(MOST_READ_UNITS);
  });

  it.each(['asc', 'desc'] as const)('comes in pages of 100, each for little: %s', async (order) => {
    const inOrder = order === 'asc' ? all : all.toReversed();
    const middle = Math.floor(inOrder.length / 2);
    const startsAt = [undefined, inOrder[middle]?.[0]] as const;

    for (const after of startsAt) {
      asked.reset();
      const query = { equipmentId, order, limit: PAGE, ...(after !== undefined && { after }) };
      const page = await parts.readings.range(query);

      print(`${sent.name}: ${order} ${after ?? 'from its end'}`);
      const first = after === undefined ? 0 : middle + 1;
      expect(page.readings.map(plain)).toEqual(inOrder.slice(first, first + PAGE));
      expect(asked.units).toBeLessThanOrEqual(mostOfPage);
    }
  });

  it('has aggregates that equal a fold, open and closed, and verify finds no difference', async () => {
    const open = await parts.equipment.read({ equipmentId, metric: METRIC, range });
    await parts.closing.advance('frontier', range.to);
    asked.reset();
    await parts.recomputer.recomputeHour({ equipmentId, hour: HOUR }, Infinity);
    print(`${sent.name}: recomputed`);
    const recomputedFor = asked.units;
    await parts.closing.advance('position', range.to);
    asked.reset();
    const closed = await parts.equipment.read({ equipmentId, metric: METRIC, range });
    print(`${sent.name}: a closed hour`);
    const closedFor = asked.units;
    asked.reset();
    const verified = await parts.verification.verify({ range, equipmentId }, aBudget());
    print(`${sent.name}: verify`);
    const verifiedFor = asked.units;
    await parts.damage(equipmentId);
    const damaged = await parts.verification.verify({ range, equipmentId }, aBudget());

    for (const hours of [open, closed]) {
      expect(hours.map(({ aggregate }) => aggregate)).toMatchObject([expected.numbers]);
      expect(hours[0]?.aggregate?.total.toString()).toBe(expected.total);
    }
    expect(closed).toMatchObject([{ isClosed: true }]);
    expect(verified).toMatchObject({ openHours: 0, tooLarge: 0, differences: [] });
    expect(verified.checked).toBeGreaterThan(0);
    expect(damaged.differences.length).toBeGreaterThan(0);
    expect(closedFor).toBeLessThanOrEqual(MOST_READ_UNITS);
    // Each reads the hour once, and some rows beside it.
    expect(verifiedFor).toBeLessThanOrEqual(recomputedFor + MOST_READ_UNITS);
  });
});

function foldOf(values: readonly number[]) {
  return {
    numbers: {
      count: values.length,
      min: Math.min(...values),
      max: Math.max(...values),
      first: values[0],
      last: values.at(-1),
    },
    total: sumOf(values.map(String)),
  };
}

/** SENSORFLOW_FIGURES=1 prints what was counted. */
function print(what: string): void {
  if (process.env['SENSORFLOW_FIGURES'] !== '1') return;
  process.stdout.write(`${what}: ${asked.calls} calls, ${asked.units} units\n`);
}
