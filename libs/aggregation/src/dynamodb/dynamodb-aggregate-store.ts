import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { DomainError } from '@sensorflow/kernel';
import { EQUIPMENT_HOURS_INDEX } from '@sensorflow/platform/resources/tables.js';
import { createHash } from 'node:crypto';
import {
  AGGREGATE_TOO_LARGE,
  AggregateStore,
  compareEquipmentHours,
  type EquipmentHour,
  type EquipmentHourCell,
  type MetricHour,
  type MetricHoursQuery,
} from '../aggregate-store.js';
import { dayOf, hourPlus, isEmptyRange } from '../hour.js';
import { keyOf, partitionOf, toItem, toMetricHour, versionOf } from './aggregate-item.js';
import { DayLayouts, type DayLayout } from './day-layouts.js';
import { mergeSorted } from './merge-sorted.js';
import { answered, unavailable } from './store-errors.js';

/** Cells held in memory while a day's shards are merged, over all shards. */
const MERGE_CELLS = 16_384;
const SMALLEST_PAGE = 64;
/** A metric takes 105 bytes at least, an item has 400 KB; a far larger request would fail like an outage. */
const NEVER_FITTING_METRICS = 4000;

/** The aggregates table; decision record 0005 says why under these keys. */
export class DynamoDbAggregateStore extends AggregateStore {
  private readonly layouts: DayLayouts;

  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
    shardsForNewDays: number,
  ) {
    super();
    this.layouts = new DayLayouts(client, tableName, shardsForNewDays);
  }

  override async readVersion(of: EquipmentHour): Promise<number> {
    const command = new GetItemCommand({
      TableName: this.tableName,
      Key: keyOf(of, await this.shardOf(of)),
      ProjectionExpression: '#version',
      ExpressionAttributeNames: { '#version': 'version' },
      ConsistentRead: true,
    });
    return versionOf((await answered(this.client.send(command))).Item);
  }

  override async replaceCell(cell: EquipmentHourCell): Promise<'replaced' | 'conflict'> {
    if (cell.metrics.size >= NEVER_FITTING_METRICS) throw tooLarge();
    const command = new PutItemCommand({
      TableName: this.tableName,
      Item: toItem(cell, await this.shardOf(cell)),
      ...onlyAfter(cell.version - 1),
    });
    try {
      await this.client.send(command);
      return 'replaced';
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return 'conflict';
      throw isTooLarge(error) ? tooLarge(error) : unavailable(error);
    }
  }

  override async *scanMetric(query: MetricHoursQuery): AsyncGenerator<readonly MetricHour[]> {
    if (isEmptyRange(query.range)) return;
    if (query.equipmentId !== undefined) {
      yield* this.pages(query, equipmentCondition(query, query.equipmentId));
      return;
    }
    for (const layout of await this.layouts.daysWithin(query.range)) {
      yield* this.day(query, layout);
    }
  }

  private async *day(query: MetricHoursQuery, { day, shards }: DayLayout) {
    const limit = Math.max(SMALLEST_PAGE, Math.floor(MERGE_CELLS / shards));
    const sources = Array.from({ length: shards }, (_, shard) =>
      this.pages(query, { ...shardCondition(query, partitionOf(day, shard)), Limit: limit }),
    );
    yield* mergeSorted(sources, compareEquipmentHours);
  }

  private async *pages(
    query: MetricHoursQuery,
    condition: Omit<QueryCommandInput, 'TableName'>,
  ): AsyncGenerator<readonly MetricHour[]> {
    let startKey: Record<string, AttributeValue> | undefined;
    do {
      const command = new QueryCommand({
        TableName: this.tableName,
        ...condition,
        ProjectionExpression: '#equipmentId, #hour, #metrics.#metric',
        ExpressionAttributeNames: {
          ...condition.ExpressionAttributeNames,
          '#equipmentId': 'equipmentId',
          '#hour': 'hour',
          '#metrics': 'metrics',
          '#metric': query.metric,
        },
        ExclusiveStartKey: startKey,
      });
      const answer = await answered(this.client.send(command));
      const cells = (answer.Items ?? []).map((item) => toMetricHour(item, query.metric));
      yield cells.filter((cell) => cell !== undefined);
      startKey = answer.LastEvaluatedKey;
    } while (startKey !== undefined);
  }

  private async shardOf({ equipmentId, hour }: EquipmentHour): Promise<number> {
    const shards = await this.layouts.shardsOf(dayOf(hour));
    return createHash('sha256').update(equipmentId).digest().readUInt32BE(0) % shards;
  }
}

function onlyAfter(version: number): Partial<ConstructorParameters<typeof PutItemCommand>[0]> {
  return version === 0
    ? {
        ConditionExpression: 'attribute_not_exists(#version)',
        ExpressionAttributeNames: { '#version': 'version' },
      }
    : {
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': { N: String(version) } },
      };
}

/** A cell's key is `<hour>#<equipment>`, which lies behind the bare hour: BETWEEN leaves `to` out. */
function shardCondition({ range }: MetricHoursQuery, partition: string) {
  return {
    KeyConditionExpression: '#partition = :partition AND #cell BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#partition': 'partition', '#cell': 'cell' },
    ExpressionAttributeValues: {
      ':partition': { S: partition },
      ':from': { S: range.from },
      ':to': { S: range.to },
    },
  };
}

function equipmentCondition({ range }: MetricHoursQuery, equipmentId: string) {
  return {
    IndexName: EQUIPMENT_HOURS_INDEX.name,
    KeyConditionExpression: '#equipmentId = :equipmentId AND #hour BETWEEN :first AND :last',
    ExpressionAttributeNames: {},
    ExpressionAttributeValues: {
      ':equipmentId': { S: equipmentId },
      ':first': { S: range.from },
      ':last': { S: hourPlus(range.to, -1) },
    },
  };
}

/** DynamoDB says it with a general code and a sentence. */
function isTooLarge(error: unknown): boolean {
  return (
    error instanceof DynamoDBServiceException &&
    error.name === 'ValidationException' &&
    /item size/i.test(error.message)
  );
}

function tooLarge(cause?: unknown): DomainError {
  return new DomainError(
    'invalid',
    AGGREGATE_TOO_LARGE,
    'An equipment-hour holds about 1,500 metrics; this one has more.',
    { cause },
  );
}
