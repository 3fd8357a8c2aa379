import { BatchWriteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  HourRecomputer,
  OpenHours,
  StreamBatchAggregator,
  SumRecomputer,
} from '@sensorflow/aggregation';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbClosingProgress } from '@sensorflow/aggregation/dynamodb/dynamodb-closing-progress.js';
import { DynamoDbFleetStore } from '@sensorflow/aggregation/dynamodb/dynamodb-fleet-store.js';
import { EquipmentRegistrar } from '@sensorflow/equipment';
import { DynamoDbEquipmentRegistry } from '@sensorflow/equipment/dynamodb/dynamodb-equipment-registry.js';
import { Clock, instantFromEpochMs } from '@sensorflow/kernel';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { GroupCommit, LogReadingStore, Retention, type Reading } from '@sensorflow/sensor-data';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import type { StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { HourCloser } from '@sensorflow/verification';
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { itemOf } from '../../../test/support/blocks.js';
import { itemSize, writeUnits } from '../../../test/support/dynamodb-item-size.js';
import { InMemoryBlockStore } from '../../../test/support/in-memory-block-store.js';
import { usualValue } from '../../../test/support/log-patterns.js';
import {
  clientThat,
  SimulatedDynamoDb,
  SimulatedTable,
  type Item,
  type SimulatedCommand,
} from '../../../test/support/simulated-dynamodb.js';
import { lambdaOf } from './lambda-events.js';
import { registeringEquipment } from './register-equipment.js';
import { scheduledTasks } from './scheduled-tasks.js';
import { streamBatchHandler } from './stream-batch-handler.js';

const START_MS = Date.parse('2026-11-30T07:00:00Z');
const HOUR_SECONDS = 3600;
/** Its closing is behind it by then. */
const END_SECONDS = HOUR_SECONDS + 7 * 60;
/** As `prod` has them. */
const REFRESH_MS = 300_000;
const SUMS_WINDOW_SECONDS = 10;
const TASKS_EVERY_SECONDS = 60;
const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };
const METRIC = 'temperature';

/** Who sends how, and what all tables may be written for each reading: SPEC's floors. */
interface Fleet {
  readonly name: string;
  readonly equipment: number;
  readonly everySeconds: number;
  /** Readings of a request, all of one equipment. */
  readonly together: number;
  readonly most: number;
}

const FLEETS: readonly Fleet[] = [
  {
    name: 'one a minute, each by itself',
    equipment: 300,
    everySeconds: 60,
    together: 1,
    most: 1.3,
  },
  {
    name: 'one a second, 50 in a request',
    equipment: 20,
    everySeconds: 1,
    together: 50,
    most: 0.06,
  },
];

/** Stands where it was set. */
class SetClock extends Clock {
  epochMs = START_MS;

  override nowEpochMs(): number {
    return this.epochMs;
  }

  override async sleep(): Promise<void> {
    await turnOfEventLoop();
  }
}

/** Both tables, and the write units of everything that was put into them. */
class CountedTables {
  readonly units = { readings: 0, aggregates: 0 };
  readonly readings = new SimulatedTable('equipmentId', 'block');
  readonly aggregates = new SimulatedTable('partition', 'cell');
  private readonly store = new SimulatedDynamoDb(
    { readings: this.readings, aggregates: this.aggregates },
    () => 0,
  );
  readonly client = clientThat(async (command: SimulatedCommand | BatchWriteItemCommand) => {
    await Promise.resolve();
    if (command instanceof BatchWriteItemCommand) return this.putAll(command);
    const answer = this.store.execute(command);
    // A failed condition throws and is not counted; there is no contention here.
    if (command instanceof PutItemCommand) this.count('aggregates', command.input.Item ?? {});
    return answer;
  });
  private readonly delivered = new Map<SimulatedTable, Map<number, number>>();

  private putAll({ input }: BatchWriteItemCommand): object {
    for (const { PutRequest: put } of Object.values(input.RequestItems ?? {}).flat()) {
      this.aggregates.put(put?.Item ?? {});
      this.count('aggregates', put?.Item ?? {});
    }
    return {};
  }

  putBlock(block: StoredBlock): void {
    const item = itemOf(block);
    this.readings.put(item);
    this.count('readings', item);
  }

  private count(table: 'readings' | 'aggregates', item: Item): void {
    this.units[table] += writeUnits(itemSize(item));
  }

  /** What has come into the stream of a table since. */
  newRecords(table: SimulatedTable): readonly unknown[] {
    const known = this.delivered.get(table) ?? new Map<number, number>();
    this.delivered.set(table, known);
    const lanes = table.shards.flatMap((shard) => shard.lanes);
    return lanes.flatMap((lane, number) => {
      const records = lane.slice(known.get(number) ?? 0);
      known.set(number, lane.length);
      return records;
    });
  }
}

/** The function that Lambda calls, composed as `stream-aggregator.lambda.ts` does. */
function aggregatorOn({ client }: CountedTables, clock: Clock) {
  const readings = new LogReadingStore(
    new DynamoDbBlockStore(client, 'readings'),
    Retention.FOREVER,
    clock,
  );
  const aggregates = new DynamoDbAggregateStore(client, 'aggregates', 1);
  const fleet = new DynamoDbFleetStore(client, 'aggregates');
  const closing = new DynamoDbClosingProgress(client, 'aggregates');
  const registry = new DynamoDbEquipmentRegistry(client, 'aggregates');
  const hours = new HourRecomputer({ readings, aggregates, closing }, clock);
  const sums = new SumRecomputer(fleet, clock);
  const open = new OpenHours(clock, REFRESH_MS);
  const aggregator = new StreamBatchAggregator({ hours, sums, closing }, open, clock);
  const closer = new HourCloser({ closing, aggregates, fleet, readings, registry, hours }, clock);
  const logger = createLogger('silent');
  const registrar = new EquipmentRegistrar(registry, clock);
  const handle = streamBatchHandler(aggregator, clock, logger);
  return lambdaOf(
    registeringEquipment(registrar, clock, handle),
    scheduledTasks(aggregator, closer, clock, logger),
  );
}

/**
 * A fleet that has sent before sends for an hour, in which the one before it is closed: how many readings, and
 * what was written for them. Then its own is closed.
 */
async function hourOf({ equipment, everySeconds, together }: Fleet) {
  const clock = new SetClock();
  const tables = new CountedTables();
  const store = new InMemoryBlockStore();
  store.failPuts((block) => {
    tables.putBlock(block);
    return undefined;
  });
  const writer = new GroupCommit(store, clock);
  const handler = aggregatorOn(tables, clock);
  const deliver = async (table: SimulatedTable) => {
    const Records = tables.newRecords(table);
    if (Records.length === 0) return;
    expect(await handler({ Records }, CONTEXT)).toEqual({ batchItemFailures: [] });
  };
  let sent = 0;
  const send = async (readings: readonly Reading[]) => {
    const answers = await writer.write(readings, 'gateway');
    expect(answers.every(({ outcome }) => outcome === 'stored')).toBe(true);
    sent += readings.length;
  };
  const pass = async (second: number) => {
    clock.epochMs = START_MS + second * 1000;
    await deliver(tables.readings);
    if (second % SUMS_WINDOW_SECONDS === 0) await deliver(tables.aggregates);
    if (second % TASKS_EVERY_SECONDS === 0) {
      await handler({ task: 'refresh-open-hours' }, CONTEXT);
      await handler({ task: 'close-hours' }, CONTEXT);
    }
  };

  const ids = Array.from({ length: equipment }, (_, number) => `LINE-1:PUMP-${number}`);
  for (const id of ids) await send(readingsOf(id, -1000, everySeconds, 1));
  await pass(-1);
  const before = { sent, ...tables.units };
  const period = everySeconds * together;
  for (let second = 0; second < HOUR_SECONDS; second += 1) {
    clock.epochMs = START_MS + second * 1000;
    for (const [number, id] of ids.entries()) {
      const isDue = (second + number) % period === period - 1;
      if (isDue) await send(readingsOf(id, second, everySeconds, together));
    }
    await pass(second);
  }
  const after = { sent, ...tables.units };
  for (let second = HOUR_SECONDS; second <= END_SECONDS; second += 1) await pass(second);
  await writer.close();
  const each = (table: 'readings' | 'aggregates') =>
    (after[table] - before[table]) / (after.sent - before.sent);
  return { sent, tables, units: [each('readings'), each('aggregates')] as const };
}

/** The last of them at that second from the beginning of the hour. */
function readingsOf(
  equipmentId: string,
  second: number,
  everySeconds: number,
  count: number,
): readonly Reading[] {
  return Array.from({ length: count }, (_, index) => {
    const at = second - (count - 1 - index) * everySeconds;
    return {
      equipmentId,
      timestamp: instantFromEpochMs(START_MS + at * 1000),
      values: new Map([[METRIC, usualValue(at)]]),
      tags: new Map(),
    };
  });
}

/** What the fleet-hour says of its readings. */
function countOf({ aggregates }: CountedTables): number {
  const cells = aggregates.all().filter(({ partition }) => partition?.S?.startsWith('fleet#'));
  return cells.reduce((sum, { sum: of }) => sum + Number(of?.M?.['count']?.N), 0);
}

describe.each(FLEETS)('readings of $name', { timeout: 240_000 }, (fleet) => {
  it(`cost at most ${fleet.most} write units each, over all tables`, async () => {
    const { sent, tables, units } = await hourOf(fleet);

    const each = units[0] + units[1];
    if (process.env['SENSORFLOW_FIGURES'] === '1') {
      const parts = units.map((of) => of.toFixed(4)).join(' + ');
      process.stdout.write(`${fleet.name}: ${each.toFixed(4)} units a reading (${parts})\n`);
    }
    expect(countOf(tables)).toBe(sent);
    expect(each).toBeLessThanOrEqual(fleet.most);
  });
});
