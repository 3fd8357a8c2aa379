import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTables } from '../../../apps/local/src/dynamodb/ensure-tables.ts';
import { findDynoxide } from '../../../apps/local/src/dynamodb/find-dynoxide.ts';
import {
  startDynoxide,
  type RunningDynoxide,
} from '../../../apps/local/src/dynamodb/start-dynoxide.ts';
import { addStreamIndexes } from '../../../apps/local/src/dynamodb/stream-indexes.ts';
import { DynamoDbAggregateStore } from '../../../libs/aggregation/src/dynamodb/dynamodb-aggregate-store.ts';
import { DynamoDbClosingProgress } from '../../../libs/aggregation/src/dynamodb/dynamodb-closing-progress.ts';
import { DynamoDbFleetStore } from '../../../libs/aggregation/src/dynamodb/dynamodb-fleet-store.ts';
import { SumRecomputer } from '../../../libs/aggregation/src/fleet/sum-recomputer.ts';
import { HourRecomputer } from '../../../libs/aggregation/src/hours/hour-recomputer.ts';
import { hourOfEpochMs, hourPlus } from '../../../libs/aggregation/src/hours/hour.ts';
import { DynamoDbEquipmentRegistry } from '../../../libs/equipment/src/dynamodb/dynamodb-equipment-registry.ts';
import { SystemClock, WorkBudget } from '../../../libs/kernel/src/index.ts';
import { AGGREGATES_TABLE, READINGS_TABLE } from '../../../libs/platform/src/resources/tables.ts';
import { DynamoDbBlockStore } from '../../../libs/sensor-data/src/dynamodb/dynamodb-block-store.ts';
import { MAX_BLOCKS_PER_CALL } from '../../../libs/sensor-data/src/log/block-store.ts';
import { LogReadingStore } from '../../../libs/sensor-data/src/log/log-reading-store.ts';
import { packRows } from '../../../libs/sensor-data/src/log/pack-rows.ts';
import { StampClock } from '../../../libs/sensor-data/src/log/stamp.ts';
import type { ReadingStore } from '../../../libs/sensor-data/src/reading-store.ts';
import { Retention } from '../../../libs/sensor-data/src/retention.ts';
import { AggregateComparison } from '../../../libs/verification/src/aggregate-comparison.ts';
import { AggregateRepairer } from '../../../libs/verification/src/aggregate-repairer.ts';
import { DaysWithData } from '../../../libs/verification/src/days-with-data.ts';
import { PagedComparison } from '../../../libs/verification/src/paged-comparison.ts';
import { Verification } from '../../../libs/verification/src/verification.ts';

const READINGS = 'readings';
const BY = '6d0e9c1a-0000-4000-8000-1234567890ab';
const AGGREGATES = 'aggregates';
const HOUR_STARTS_AT = Date.UTC(2026, 10, 22, 10);
const HOUR = hourOfEpochMs(HOUR_STARTS_AT);
const HOUR_NS = 3_600e9;

/** What the store was asked for, by its own count. */
export interface Asked {
  readonly calls: number;
  readonly readUnits: number;
}

/** One hour's readings in an embedded store of its own, and what the API's sweep of it asks for. */
export class FleetToSweep {
  private asked: Asked = { calls: 0, readUnits: 0 };
  private readonly blocks: DynamoDbBlockStore;
  private readonly stamps = new StampClock(new SystemClock());
  private readonly registry: DynamoDbEquipmentRegistry;
  private readonly closing: DynamoDbClosingProgress;
  private readonly verification: Verification;

  private constructor(
    private readonly folder: string,
    private readonly store: RunningDynoxide,
    private readonly client: DynamoDBClient,
  ) {
    this.blocks = new DynamoDbBlockStore(client, READINGS);
    this.registry = new DynamoDbEquipmentRegistry(client, AGGREGATES);
    const readings = new LogReadingStore(this.blocks, Retention.FOREVER, new SystemClock());
    this.closing = new DynamoDbClosingProgress(client, AGGREGATES);
    this.verification = verificationOf(client, readings, this.registry, this.closing);
    this.countCalls();
  }

  static async start(): Promise<FleetToSweep> {
    const folder = mkdtempSync(join(tmpdir(), 'sensorflow-infra-sweep-'));
    const dbPath = join(folder, 'dynamodb.db');
    const binary = findDynoxide(process.env);
    const store = await startDynoxide({ binary, dbPath, port: 0, host: '127.0.0.1' });
    addStreamIndexes(dbPath);
    const credentials = { accessKeyId: 'LOCAL', secretAccessKey: 'local' };
    const client = new DynamoDBClient({ endpoint: store.url, region: 'local', credentials });
    await ensureTables(client, [
      { definition: READINGS_TABLE, name: READINGS },
      { definition: AGGREGATES_TABLE, name: AGGREGATES },
    ]);
    return new FleetToSweep(folder, store, client);
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.store.stop();
    rmSync(this.folder, { recursive: true });
  }

  /** Readings of one metric over all of the hour. */
  async add(equipmentIds: readonly string[], readingsEach: number): Promise<void> {
    for (const equipmentId of equipmentIds) {
      await this.registry.add([{ equipmentId, metric: 'value' }]);
      const rows = Array.from({ length: readingsEach }, (_none, index) => ({
        offsetNs: Math.floor((index * HOUR_NS) / readingsEach),
        values: new Map([['value', 78.42]]),
        tags: new Map<string, string>(),
      }));
      // Sent one by one.
      const blocks = rows.flatMap((row) =>
        packRows(equipmentId, HOUR, { by: BY }, [row]).map(({ block }) =>
          block.seal(this.stamps.next()),
        ),
      );
      for (let from = 0; from < blocks.length; from += MAX_BLOCKS_PER_CALL) {
        const outcomes = await this.blocks.putAll(blocks.slice(from, from + MAX_BLOCKS_PER_CALL));
        if (outcomes.some((outcome) => outcome !== 'stored')) throw new Error('not all are stored');
      }
    }
  }

  /** Of an hour in which nothing differs: a sweep before has put it right. */
  async sweep(): Promise<Asked> {
    for (const mark of ['frontier', 'position'] as const) {
      await this.closing.advance(mark, hourPlus(HOUR, 1));
    }
    await this.repair();
    this.asked = { calls: 0, readUnits: 0 };
    const { differences } = await this.repair();
    if (differences.length > 0) throw new Error('the first sweep did not put it right');
    return this.asked;
  }

  private async repair() {
    const range = { from: HOUR, to: hourPlus(HOUR, 1) };
    const budget = new WorkBudget(new AbortController().signal, new SystemClock());
    return this.verification.repair({ range }, budget);
  }

  private countCalls(): void {
    this.client.middlewareStack.add(
      (next) => async (args) => {
        const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' as const };
        const result = await next({ ...args, input });
        const { calls, readUnits } = this.asked;
        this.asked = { calls: calls + 1, readUnits: readUnits + unitsOf(result.output) };
        return result;
      },
      { step: 'initialize' },
    );
  }
}

/** As the API composes it. */
function verificationOf(
  client: DynamoDBClient,
  readings: ReadingStore,
  registry: DynamoDbEquipmentRegistry,
  closing: DynamoDbClosingProgress,
): Verification {
  const clock = new SystemClock();
  const aggregates = new DynamoDbAggregateStore(client, AGGREGATES, 1);
  const fleet = new DynamoDbFleetStore(client, AGGREGATES);
  const hours = new HourRecomputer({ readings, aggregates, closing }, clock);
  const comparison = new AggregateComparison(readings, aggregates, fleet);
  const days = new DaysWithData(readings, aggregates, fleet);
  const sums = new SumRecomputer(fleet, clock);
  const repairer = new AggregateRepairer({ aggregates, hours, sums }, clock);
  const pagedComparison = new PagedComparison(comparison, days, clock);
  const ports = { closing, readings, registry, comparison, pagedComparison, repairer };
  return new Verification(ports, clock, { secondLookMs: 0 });
}

/** Calls about several items say it by the table. */
function unitsOf(output: object): number {
  const consumed = 'ConsumedCapacity' in output ? output.ConsumedCapacity : undefined;
  const tables: readonly unknown[] = Array.isArray(consumed) ? consumed : [consumed];
  return tables.reduce<number>((sum, table) => sum + capacityUnitsIn(table), 0);
}

function capacityUnitsIn(consumed: unknown): number {
  if (typeof consumed !== 'object' || consumed === null) return 0;
  return 'CapacityUnits' in consumed ? Number(consumed.CapacityUnits) : 0;
}
