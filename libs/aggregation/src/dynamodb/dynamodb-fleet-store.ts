import { GetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { WorkBudget } from '@sensorflow/kernel';
import { text, type Item } from '@sensorflow/platform/aws/stored-item.js';
import { versionOf } from '@sensorflow/platform/aws/versioned-put.js';
import {
  FleetStore,
  type FleetHour,
  type ShardHour,
  type SumCell,
  type Summand,
  type SumOf,
} from '../fleet/fleet-store.js';
import type { ReplaceOutcome } from '../hours/aggregate-store.js';
import { dayOf, isEmptyRange, parseHour, type Hour, type HourRange } from '../hours/hour.js';
import {
  asOfIn,
  readableSumOf,
  toFleetHour,
  toSumItem,
  toSummand,
  toSummandOf,
} from './aggregate-item.js';
import {
  equipmentPartition,
  fleetPartition,
  shardSumAt,
  shardSumsPartition,
  sumItemKey,
} from './aggregate-keys.js';
import { putCell } from './put-cell.js';
import { queryPages } from './query-pages.js';
import { answered } from './store-errors.js';

/** More than a month has, and read in some milliseconds. */
const FLEET_HOURS_PER_PAGE = 750;
/** A projection is text of at most 4 KB; more metrics are read with all others. */
const MOST_PROJECTED = 100;

/** Shard-hours and fleet-hours in the aggregates table; decision record 0008 says why under these keys. */
export class DynamoDbFleetStore extends FleetStore {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  override async readVersion(of: SumOf): Promise<number> {
    const command = new GetItemCommand({
      TableName: this.tableName,
      Key: sumItemKey(of),
      ProjectionExpression: '#version',
      ExpressionAttributeNames: { '#version': 'version' },
      ConsistentRead: true,
    });
    return versionOf((await answered(this.client.send(command))).Item);
  }

  override async replaceSum(cell: SumCell): Promise<ReplaceOutcome> {
    return putCell(this.client, this.tableName, toSumItem(cell));
  }

  override async *scanShard(
    { shard, hour }: ShardHour,
    metrics: readonly string[],
  ): AsyncGenerator<readonly Summand[]> {
    const partition = equipmentPartition(dayOf(hour), shard);
    for await (const items of this.ofHour(partition, hour, projectionOf(metrics))) {
      yield items.map(toSummand);
    }
  }

  override async *scanShardSums(metric: string, hour: Hour): AsyncGenerator<readonly Summand[]> {
    for await (const items of this.ofHour(shardSumsPartition(metric, hour), hour)) {
      yield items.map((item) => toSummandOf(metric, item));
    }
  }

  override async *scanFleet(
    metric: string,
    range: HourRange,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly FleetHour[]> {
    if (isEmptyRange(range)) return;
    for await (const items of this.between(fleetPartition(metric), range, budget)) {
      yield items.map(toFleetHour);
    }
  }

  override async *scanSums(
    metric: string,
    range: HourRange,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly SumCell[]> {
    const ofShards = shardSumsPartition(metric, range.from);
    for await (const items of this.between(ofShards, range, budget)) {
      yield items.flatMap((item) => {
        const of = shardSumAt(text(item['partition'], 'partition'), text(item['cell'], 'cell'));
        return of ? [sumCellOf(of, item)] : [];
      });
    }
    for await (const items of this.between(fleetPartition(metric), range, budget)) {
      yield items.flatMap((item) => {
        const hour = parseHour(text(item['cell'], 'cell'));
        return hour ? [sumCellOf({ metric, hour }, item)] : [];
      });
    }
  }

  /** Compares as text: an hour, or an hour and a shard, before the end of the range. */
  private async *between(
    partition: string,
    { from, to }: HourRange,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly Item[]> {
    const input = {
      TableName: this.tableName,
      KeyConditionExpression: '#partition = :partition AND #cell BETWEEN :first AND :end',
      ExpressionAttributeNames: { '#partition': 'partition', '#cell': 'cell' },
      ExpressionAttributeValues: {
        ':partition': { S: partition },
        ':first': { S: from },
        ':end': { S: to },
      },
      Limit: FLEET_HOURS_PER_PAGE,
      ConsistentRead: true,
    };
    const pages = queryPages(this.client, input, budget);
    for await (const items of pages) {
      yield items.filter((item) => text(item['cell'], 'cell') < to);
    }
  }

  private ofHour(partition: string, hour: Hour, projection?: Projection) {
    return queryPages(this.client, {
      TableName: this.tableName,
      KeyConditionExpression: '#partition = :partition AND begins_with(#cell, :hour)',
      ExpressionAttributeNames: {
        '#partition': 'partition',
        '#cell': 'cell',
        ...projection?.names,
      },
      ...(projection && { ProjectionExpression: projection.expression }),
      ExpressionAttributeValues: { ':partition': { S: partition }, ':hour': { S: `${hour}#` } },
      ConsistentRead: true,
    });
  }
}

function sumCellOf(of: SumOf, item: Item): SumCell {
  return { ...of, version: versionOf(item), aggregate: readableSumOf(item), ...asOfIn(item) };
}

interface Projection {
  readonly expression: string;
  readonly names: Readonly<Record<string, string>>;
}

function projectionOf(metrics: readonly string[]): Projection {
  const few = metrics.length <= MOST_PROJECTED ? [...metrics.entries()] : [];
  const read = few.length > 0 ? few.map(([i]) => `#metrics.#m${i}`) : ['#metrics'];
  return {
    expression: ['#closed', '#asOf', ...read].join(', '),
    names: {
      '#closed': 'closed',
      '#asOf': 'asOf',
      '#metrics': 'metrics',
      ...Object.fromEntries(few.map(([i, metric]) => [`#m${i}`, metric])),
    },
  };
}
