import {
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { hourOf } from '@sensorflow/aggregation';
import { metricsOf, toItem } from '@sensorflow/aggregation/dynamodb/aggregate-item.js';
import { equipmentHourItemKey } from '@sensorflow/aggregation/dynamodb/aggregate-keys.js';
import { shardOf } from '@sensorflow/aggregation/dynamodb/aggregate-keys.js';
import { streamChangesOf } from '@sensorflow/aggregation/dynamodb/stream-changes.js';
import { foldReadings, joinEquipment } from '@sensorflow/aggregation/hours/hourly-aggregate.js';
import { streamRecordsOf } from '@sensorflow/platform/aws/stream-records.js';
import { versionOf } from '@sensorflow/platform/aws/versioned-put.js';
import { Retention, type StoredReading } from '@sensorflow/sensor-data';
import { fromBlockItem } from '@sensorflow/sensor-data/dynamodb/block-item.js';
import { HourFold } from '@sensorflow/sensor-data/log/hour-fold.js';
import { HOUR_NS } from '@sensorflow/sensor-data/log/hour-time.js';
import { readBlock } from '@sensorflow/sensor-data/log/read-block.js';
import {
  SHARDS,
  type Handler,
  type PlantedFault,
  type SimulatedAggregation,
} from './simulated-aggregation.js';
import type { SimulatedCommand, SimulatedRecord } from './simulated-dynamodb.js';

/** What a reader of a few lines of code might find reasonable. */
export const PLANTED_FAULTS: readonly [string, PlantedFault][] = [
  ['no lock', { call: (command) => unlocked(command, /^(\d|shard#|fleet#)/) }],
  ['locks only on the first level', { call: (command) => unlocked(command, /^(shard|fleet)#/) }],
  ['no consistent read', { call: inconsistent }],
  ['a delta mixed in', { handler: addingInsertions }],
  ['one watermark', { handler: withOneWatermark }],
  ['an error swallowed', { handler: swallowing }],
  ['an equal cell not written', { call: sparing }],
  ['hours never sealed', { retention: Retention.FOREVER }],
];

function unlocked(command: SimulatedCommand, partitions: RegExp): SimulatedCommand {
  if (!(command instanceof PutItemCommand)) return command;
  const { ConditionExpression: _, ...input } = command.input;
  const partition = input.Item?.['partition']?.S ?? '';
  return partitions.test(partition) ? new PutItemCommand(input) : command;
}

function inconsistent(command: SimulatedCommand): SimulatedCommand {
  if (command instanceof PutItemCommand || command instanceof BatchGetItemCommand) return command;
  if (command instanceof QueryCommand) {
    return new QueryCommand({ ...command.input, ConsistentRead: false });
  }
  return new GetItemCommand({ ...command.input, ConsistentRead: false });
}

/** Spares the write of what the cell says already. */
function sparing(
  command: SimulatedCommand,
  { aggregates }: SimulatedAggregation,
): SimulatedCommand | undefined {
  const item = command instanceof PutItemCommand ? command.input.Item : undefined;
  const before = item && aggregates.get(item, 0);
  const isNext = versionOf(before) === Number(item?.['version']?.N) - 1;
  const isEqual =
    JSON.stringify({ ...before, version: item?.['version'] }) === JSON.stringify(item);
  return before && isNext && isEqual ? undefined : command;
}

function swallowing(handler: Handler): Handler {
  return async (event, context) => {
    await handler(event, context);
    return { batchItemFailures: [] };
  };
}

/** What is at or below the highest sequence number that was done for an aggregate is not done again. */
function withOneWatermark(
  handler: Handler,
  _: DynamoDBClient,
  { watermarks: marks }: SimulatedAggregation,
): Handler {
  return async (event, context) => {
    const changes = streamChangesOf(streamRecordsOf(event));
    const keys = changes.map(({ dirty }) => aggregateKey(dirty));
    const isNew = changes.map(
      ({ sequenceNumber }, i) => sequenceNumber > (marks.get(keys[i] ?? '') ?? ''),
    );
    const Records = recordsOf(event).filter((_record, i) => isNew[i]);
    const answer = await handler({ Records }, context);
    if (!answer || answer.batchItemFailures.length > 0) return answer;
    for (const [i, { sequenceNumber }] of changes.entries()) {
      if (isNew[i]) marks.set(keys[i] ?? '', sequenceNumber);
    }
    return answer;
  };
}

function aggregateKey(dirty: ReturnType<typeof streamChangesOf>[number]['dirty']): string {
  return typeof dirty === 'object' ? JSON.stringify([dirty.level, dirty.cell]) : '';
}

/** Batches of nothing but insertions are added to their cells; all others are recomputed. */
function addingInsertions(handler: Handler, client: DynamoDBClient): Handler {
  return async (event, context) => {
    const records = recordsOf(event);
    const isOfReadings = records.every(
      ({ dynamodb }) => dynamodb.Keys['equipmentId'] !== undefined,
    );
    const isAddition = records.every(
      ({ eventName, dynamodb }) => eventName === 'INSERT' && dynamodb.NewImage?.['v'] !== undefined,
    );
    if (!isOfReadings || !isAddition) {
      return handler(event, context);
    }
    for (const record of records) {
      if (!(await isAdded(client, record))) {
        return { batchItemFailures: [{ itemIdentifier: record.dynamodb.SequenceNumber }] };
      }
    }
    return { batchItemFailures: [] };
  };
}

async function isAdded(client: DynamoDBClient, { dynamodb }: SimulatedRecord): Promise<boolean> {
  const [reading] = readingsIn({ ...dynamodb.NewImage });
  // A removal would have to be taken off.
  if (!reading) return false;
  const cell = { equipmentId: reading.equipmentId, hour: hourOf(reading.timestamp) };
  const shard = shardOf(cell.equipmentId, SHARDS);
  const Key = equipmentHourItemKey(cell, shard);
  try {
    const get = new GetItemCommand({ TableName: 'aggregates', Key, ConsistentRead: true });
    const { Item: before = {} } = await client.send(get);
    const known = versionOf('version' in before ? before : undefined);
    const metrics = joinEquipment([metricsOf(before), foldReadings([reading])]);
    const names = { '#version': 'version' };
    const Item = toItem({ ...cell, version: known + 1, metrics }, shard);
    const condition =
      known === 0
        ? { ConditionExpression: 'attribute_not_exists(#version)' }
        : {
            ConditionExpression: '#version = :version',
            ExpressionAttributeValues: { ':version': { N: String(known) } },
          };
    const input = { TableName: 'aggregates', Item, ExpressionAttributeNames: names };
    await client.send(new PutItemCommand({ ...input, ...condition }));
    return true;
  } catch {
    return false;
  }
}

function readingsIn(item: Record<string, AttributeValue>): readonly StoredReading[] {
  const block = readBlock(fromBlockItem(item));
  const fold = new HourFold(item['equipmentId']?.S ?? '', block.hour);
  fold.add(block);
  return fold.take(0, HOUR_NS);
}

function recordsOf(event: unknown): readonly SimulatedRecord[] {
  const { Records } = event as { readonly Records: readonly SimulatedRecord[] };
  return Records;
}
