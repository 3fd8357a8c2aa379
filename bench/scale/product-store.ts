import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { join } from 'node:path';

/** The built product's own code, as far as the scale table uses it: paths in dist, shapes that matter here. */
interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

interface StartOptions {
  readonly binary: string;
  readonly dbPath: string;
  readonly port: number;
  readonly host: '127.0.0.1';
}

export interface Cell {
  readonly equipmentId: string;
  readonly hour: string;
  readonly version: number;
  readonly metrics: unknown;
}

export interface Sums {
  recomputeShardHour(
    of: { shard: number; hour: string },
    metrics: readonly string[],
    deadline: number,
  ): Promise<void>;
  recomputeFleetHour(of: { metric: string; hour: string }, deadline: number): Promise<void>;
}

const DIST = join(import.meta.dirname, '../../dist');
const built = (path: string) => import(join(DIST, path));

export async function startStore(folder: string): Promise<Running> {
  const { findDynoxide } = await built('apps/local/src/dynamodb/find-dynoxide.js');
  const { startDynoxide } = await built('apps/local/src/dynamodb/start-dynoxide.js');
  const options: StartOptions = {
    binary: findDynoxide({}),
    dbPath: join(folder, 'dynamodb.db'),
    port: 0,
    host: '127.0.0.1',
  };
  const store: Running = await startDynoxide(options);
  const { addStreamIndexes } = await built('apps/local/src/dynamodb/stream-indexes.js');
  addStreamIndexes(options.dbPath);
  return store;
}

export async function createTables(client: DynamoDBClient, aggregates: string): Promise<void> {
  const { ensureTables } = await built('apps/local/src/dynamodb/ensure-tables.js');
  const definitions = await built('libs/platform/src/resources/tables.js');
  await ensureTables(client, [
    { definition: definitions.AGGREGATES_TABLE, name: aggregates },
    { definition: definitions.READINGS_TABLE, name: 'bench-readings' },
    { definition: definitions.IMPORTS_TABLE, name: 'bench-imports' },
    { definition: definitions.SESSIONS_TABLE, name: 'bench-sessions' },
  ]);
}

/** What writes equipment-hours as items, and sums them up as the stream's consumer does. */
export async function productCode(client: DynamoDBClient, table: string) {
  const { foldReadings } = await built('libs/aggregation/src/hours/hourly-aggregate.js');
  const { SumRecomputer } = await built('libs/aggregation/src/fleet/sum-recomputer.js');
  const { toItem } = await built('libs/aggregation/src/dynamodb/aggregate-item.js');
  const { shardOf } = await built('libs/aggregation/src/dynamodb/aggregate-keys.js');
  const fleet = await built('libs/aggregation/src/dynamodb/dynamodb-fleet-store.js');
  const { SystemClock } = await built('libs/kernel/src/index.js');
  const store = new fleet.DynamoDbFleetStore(client, table);
  return {
    metricsOf: (timestamp: string): unknown =>
      foldReadings([{ timestamp, registerTime: timestamp, values: new Map([['value', 0.1]]) }]),
    toItem: toItem as (cell: Cell, shard: number) => Record<string, never>,
    shardOf: shardOf as (equipmentId: string, shards: number) => number,
    sums: new SumRecomputer(store, new SystemClock()) as Sums,
  };
}
