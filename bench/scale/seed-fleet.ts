import {
  BatchWriteItemCommand,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import pLimit from 'p-limit';
import { productCode } from './product-store.ts';

export interface FleetSize {
  readonly equipment: number;
  /** As docs/configuration.md recommends: one for every 2,000 equipment, a power of two. */
  readonly shards: number;
}

const HOURS = 720;
/** In the hours that are not full: enough for every hour to have a sum. */
const EQUIPMENT_OF_OTHER_HOURS = 2;
const PARALLEL = 16;
const BATCH = 25;

/** A month of aggregates: everybody in the current hour and at the beginning of the last day. */
export async function seedFleet(
  client: DynamoDBClient,
  table: string,
  { equipment, shards }: FleetSize,
  nowMs: number,
): Promise<void> {
  const { metricsOf, toItem, shardOf, sums } = await productCode(client, table);
  const hours = Array.from({ length: HOURS }, (_, ago) =>
    new Date(nowMs - ago * 3_600_000).toISOString().slice(0, 13),
  );
  const idsOf = (ago: number) => {
    const count = ago === 0 || ago === 23 ? equipment : EQUIPMENT_OF_OTHER_HOURS;
    return Array.from({ length: Math.min(count, equipment) }, (_, i) => `EQ-${i}`);
  };
  for (const day of new Set(hours.map((hour) => hour.slice(0, 10)))) {
    const Item = { partition: { S: 'layout' }, cell: { S: day }, shards: { N: String(shards) } };
    await client.send(new PutItemCommand({ TableName: table, Item }));
  }
  await pLimit(PARALLEL).map(hours.entries(), async ([ago, hour]) => {
    const metrics = metricsOf(`${hour}:30:00.000000000Z`);
    const ids = idsOf(ago);
    for (let i = 0; i < ids.length; i += BATCH) {
      const puts = ids.slice(i, i + BATCH).map((equipmentId) => {
        const cell = { equipmentId, hour, version: 1, metrics };
        return { PutRequest: { Item: toItem(cell, shardOf(equipmentId, shards)) } };
      });
      await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }));
    }
    const ofHour = new Set(ids.map((id) => shardOf(id, shards)));
    for (const shard of ofHour) await sums.recomputeShardHour({ shard, hour }, ['value'], Infinity);
    await sums.recomputeFleetHour({ metric: 'value', hour }, Infinity);
  });
}
