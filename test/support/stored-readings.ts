import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { instantFromEpochMs, SystemClock } from '@sensorflow/kernel';
import { DynamoDbEquipmentRegistry } from '@sensorflow/equipment/dynamodb/dynamodb-equipment-registry.js';
import { MOST_PAIRS_PER_CALL } from '@sensorflow/equipment/equipment-registry.js';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import { BlockBuilder, type LogRow } from '@sensorflow/sensor-data/log/block-builder.js';
import { MAX_BLOCKS_PER_CALL, type PutOutcome } from '@sensorflow/sensor-data/log/block-store.js';
import type { StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { hourOf, offsetOf } from '@sensorflow/sensor-data/log/hour-time.js';
import { StampClock } from '@sensorflow/sensor-data/log/stamp.js';
import pLimit from 'p-limit';
import type { Announcement } from '../../apps/local/src/stack/announcement.js';
import { stackCredentials } from './aws-signer.js';

export interface SeededReading {
  readonly equipmentId: string;
  readonly epochMs: number;
  readonly values: Readonly<Record<string, number>>;
}

const CALLS_AT_ONCE = 4;
const MOST_ATTEMPTS = 20;

/**
 * Writes readings into the store of a stack, in as few blocks as they take: more than one caller may bring in
 * a minute. What makes aggregates of them and lists their equipment is told of them as of any others.
 */
export async function storeReadings(
  { endpoints, tables }: Announcement,
  dataDir: string,
  readings: readonly SeededReading[],
): Promise<void> {
  const client = clientOf(endpoints.dynamodb, dataDir);
  const store = new DynamoDbBlockStore(client, tables.readings);
  const stamps = new StampClock(new SystemClock());
  const blocks = [...Map.groupBy(readings, hourKeyOf).values()]
    .flatMap(blocksOf)
    .map((block) => block.seal(stamps.next()));
  const calls = inChunks(blocks, MAX_BLOCKS_PER_CALL);
  await pLimit(CALLS_AT_ONCE).map(calls, async (call) => putUntilStored(store, call));
  client.destroy();
}

/** Lists the equipment of readings at once, as the stream's consumer does when it has come so far. */
export async function listEquipment(
  { endpoints, tables }: Announcement,
  dataDir: string,
  readings: readonly SeededReading[],
): Promise<void> {
  const client = clientOf(endpoints.dynamodb, dataDir);
  const registry = new DynamoDbEquipmentRegistry(client, tables.aggregates);
  const byEquipment = new Map(readings.map((reading) => [reading.equipmentId, reading]));
  const pairs = [...byEquipment.values()].flatMap(({ equipmentId, values }) =>
    Object.keys(values).map((metric) => ({ equipmentId, metric })),
  );
  await pLimit(CALLS_AT_ONCE).map(inChunks(pairs, MOST_PAIRS_PER_CALL), async (call) => {
    const left = await registry.add(call);
    if (left.length > 0) throw new Error(`${left.length} equipment not listed`);
  });
  client.destroy();
}

function clientOf(endpoint: string, dataDir: string): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region: 'local', credentials: stackCredentials(dataDir) });
}

function inChunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

/** Each attempt has little time, and a repetition writes the same. */
async function putUntilStored(
  store: DynamoDbBlockStore,
  blocks: readonly StoredBlock[],
): Promise<void> {
  let outcomes: readonly PutOutcome[] = [];
  for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts += 1) {
    outcomes = await store.putAll(blocks);
    if (outcomes.every((outcome) => outcome === 'stored')) return;
  }
  throw new Error(outcomes.join());
}

function hourKeyOf({ equipmentId, epochMs }: SeededReading): string {
  return `${equipmentId} ${Math.floor(epochMs / 3_600_000)}`;
}

function blocksOf(ofHour: readonly SeededReading[]): readonly BlockBuilder[] {
  const blocks: BlockBuilder[] = [];
  for (const reading of ofHour.toSorted((a, b) => a.epochMs - b.epochMs)) {
    const row = rowOf(reading);
    if (blocks.at(-1)?.add(row) === true) continue;
    const hour = hourOf(instantFromEpochMs(reading.epochMs));
    const block = new BlockBuilder(reading.equipmentId, hour, {});
    block.add(row);
    blocks.push(block);
  }
  return blocks;
}

function rowOf({ epochMs, values }: SeededReading): LogRow {
  return {
    offsetNs: offsetOf(instantFromEpochMs(epochMs)),
    values: new Map(Object.entries(values)),
    tags: new Map(),
  };
}
