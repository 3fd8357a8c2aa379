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
import { DynamoDbFleetStore } from '../../../libs/aggregation/src/dynamodb/dynamodb-fleet-store.ts';
import { SumRecomputer } from '../../../libs/aggregation/src/fleet/sum-recomputer.ts';
import { HourRecomputer } from '../../../libs/aggregation/src/hours/hour-recomputer.ts';
import { hourOfEpochMs, hourPlus } from '../../../libs/aggregation/src/hours/hour.ts';
import { DynamoDbEquipmentRegistry } from '../../../libs/equipment/src/dynamodb/dynamodb-equipment-registry.ts';
import { instantFromEpochMs, SystemClock, WorkBudget } from '../../../libs/kernel/src/index.ts';
import { AGGREGATES_TABLE, READINGS_TABLE } from '../../../libs/platform/src/resources/tables.ts';
import { DynamoDbReadingStore } from '../../../libs/sensor-data/src/dynamodb/dynamodb-reading-store.ts';
import type { StoredReading } from '../../../libs/sensor-data/src/reading.ts';
import { AggregateComparison } from '../../../libs/verification/src/aggregate-comparison.ts';
import { AggregateRepairer } from '../../../libs/verification/src/aggregate-repairer.ts';
import { DaysWithData } from '../../../libs/verification/src/days-with-data.ts';
import { PagedComparison } from '../../../libs/verification/src/paged-comparison.ts';
import { Verification } from '../../../libs/verification/src/verification.ts';

const READINGS = 'readings';
const AGGREGATES = 'aggregates';
const HOUR_STARTS_AT = Date.UTC(2026, 10, 22, 10);
const PUTS_PER_CALL = 25;

/** What the store was asked for, by its own count. */
export interface Asked {
  readonly calls: number;
  readonly readUnits: number;
}

/** One hour's readings in an embedded store of its own, and what the API's sweep of it asks for. */
export class FleetToSweep {
  private asked: Asked = { calls: 0, readUnits: 0 };
  private readonly readings: DynamoDbReadingStore;
  private readonly registry: DynamoDbEquipmentRegistry;
  private readonly verification: Verification;

  private constructor(
    private readonly folder: string,
    private readonly store: RunningDynoxide,
    private readonly client: DynamoDBClient,
  ) {
    this.readings = new DynamoDbReadingStore(client, READINGS);
    this.registry = new DynamoDbEquipmentRegistry(client, AGGREGATES);
    this.verification = verificationOf(client, this.readings, this.registry);
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
      const all = Array.from({ length: readingsEach }, (_none, index) =>
        readingAt(equipmentId, HOUR_STARTS_AT + Math.floor((index * 3_600_000) / readingsEach)),
      );
      for (let from = 0; from < all.length; from += PUTS_PER_CALL) {
        const outcomes = await this.readings.putAll(all.slice(from, from + PUTS_PER_CALL));
        if (outcomes.some((outcome) => outcome !== 'stored')) throw new Error('not all are stored');
      }
    }
  }

  /** Of an hour in which nothing differs: a sweep before has put it right. */
  async sweep(): Promise<Asked> {
    await this.repair();
    this.asked = { calls: 0, readUnits: 0 };
    const { differences } = await this.repair();
    if (differences.length > 0) throw new Error('the first sweep did not put it right');
    return this.asked;
  }

  private async repair() {
    const hour = hourOfEpochMs(HOUR_STARTS_AT);
    const range = { from: hour, to: hourPlus(hour, 1) };
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
  readings: DynamoDbReadingStore,
  registry: DynamoDbEquipmentRegistry,
): Verification {
  const clock = new SystemClock();
  const aggregates = new DynamoDbAggregateStore(client, AGGREGATES, 1);
  const fleet = new DynamoDbFleetStore(client, AGGREGATES);
  const hours = new HourRecomputer(readings, aggregates, clock);
  const comparison = new AggregateComparison(readings, aggregates, fleet);
  const days = new DaysWithData(readings, aggregates, fleet);
  const sums = new SumRecomputer(fleet, clock);
  const repairer = new AggregateRepairer(aggregates, hours, sums);
  const pagedComparison = new PagedComparison(comparison, days, clock);
  const ports = { readings, registry, comparison, pagedComparison, repairer };
  return new Verification(ports, clock, { secondLookMs: 0 });
}

/** None of writes of several items, which say theirs by the table. */
function unitsOf(output: object): number {
  const consumed = 'ConsumedCapacity' in output ? output.ConsumedCapacity : undefined;
  if (typeof consumed !== 'object' || consumed === null) return 0;
  return 'CapacityUnits' in consumed ? Number(consumed.CapacityUnits) : 0;
}

function readingAt(equipmentId: string, epochMs: number): StoredReading {
  return {
    equipmentId,
    timestamp: instantFromEpochMs(epochMs),
    values: new Map([['value', 78.42]]),
    tags: new Map(),
    registerTime: instantFromEpochMs(epochMs + 1234),
  };
}
