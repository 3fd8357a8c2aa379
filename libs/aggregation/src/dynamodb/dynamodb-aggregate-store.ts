import {
  GetItemCommand,
  type DynamoDBClient,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { WorkBudget } from '@sensorflow/kernel';
import { mergeSorted } from '@sensorflow/platform/aws/merge-sorted.js';
import { text, type Item } from '@sensorflow/platform/aws/stored-item.js';
import { EQUIPMENT_HOURS_INDEX } from '@sensorflow/platform/resources/tables.js';
import { createHash } from 'node:crypto';
import {
  AggregateStore,
  compareEquipmentHours,
  type CellState,
  type EquipmentHour,
  type EquipmentHourCell,
  type MetricHoursQuery,
  type ReplaceOutcome,
  type ScannedHour,
} from '../hours/aggregate-store.js';
import { dayOf, hourPlus, isEmptyRange, type Hour, type HourRange } from '../hours/hour.js';
import { toCell, toCellState, toItem, toScannedHour } from './aggregate-item.js';
import { equipmentHourAt, equipmentHourItemKey, equipmentPartition } from './aggregate-keys.js';
import { DayLayouts, type DayLayout } from './day-layouts.js';
import { putCell, tooLarge } from './put-cell.js';
import { queryPages } from './query-pages.js';
import { answered } from './store-errors.js';

/** Cells held in memory while a day's shards are merged, over all shards. */
const MERGE_CELLS = 16_384;
/** Fewer are not asked for, however few are wanted: where a metric is rare, most cells do not have it. */
const SMALLEST_PAGE = 256;
/** Read in some milliseconds: a whole page of the store would hold up the other requests of this process. */
const LARGEST_PAGE = 512;
/** A metric takes 105 bytes at least, an item has 400 KB; a far larger request would fail like an outage. */
const NEVER_FITTING_METRICS = 4000;

const DAY_LENGTH = 'yyyy-mm-dd'.length;

/** The equipment-hours in the aggregates table; decision record 0005 says why under these keys. */
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

  override async readState(of: EquipmentHour): Promise<CellState> {
    const command = new GetItemCommand({
      TableName: this.tableName,
      Key: equipmentHourItemKey(of, await this.layOut(of)),
      ProjectionExpression: '#version, #slots',
      ExpressionAttributeNames: { '#version': 'version', '#slots': 'slots' },
      ConsistentRead: true,
    });
    return toCellState((await answered(this.client.send(command))).Item);
  }

  override async replaceCell(cell: EquipmentHourCell): Promise<ReplaceOutcome> {
    const parts = [cell.metrics, ...(cell.slots?.values() ?? [])];
    const metrics = parts.reduce((sum, { size }) => sum + size, 0);
    if (metrics >= NEVER_FITTING_METRICS) throw tooLarge();
    const item = toItem(cell, await this.layOut(cell));
    return putCell(this.client, this.tableName, item);
  }

  override async *scanMetric(
    query: MetricHoursQuery,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly ScannedHour[]> {
    const range = { ...query.range, from: query.after?.hour ?? query.range.from };
    if (isEmptyRange(range)) return;
    if (query.equipmentId !== undefined) {
      const first = query.after?.hour ?? query.range.from;
      const condition = equipmentCondition(query.equipmentId, first, hourPlus(query.range.to, -1));
      yield* this.pages(query, { ...condition, Limit: LARGEST_PAGE }, budget);
      return;
    }
    for (const layout of await this.layouts.daysWithin(range, budget)) {
      yield* this.day(query, layout, budget);
    }
  }

  private async *day(
    query: MetricHoursQuery,
    { day, shards }: DayLayout,
    budget: WorkBudget | undefined,
  ) {
    const most = Math.min(LARGEST_PAGE, Math.floor(MERGE_CELLS / shards));
    const limit = Math.min(most, Math.max(SMALLEST_PAGE, query.wanted ?? most));
    const sources = Array.from({ length: shards }, (_, shard) => {
      const condition = shardCondition(query, equipmentPartition(day, shard));
      return this.pages(query, { ...condition, Limit: limit }, budget);
    });
    yield* mergeSorted(sources, compareEquipmentHours);
  }

  private async *pages(
    query: MetricHoursQuery,
    condition: Omit<QueryCommandInput, 'TableName'>,
    budget: WorkBudget | undefined,
  ): AsyncGenerator<readonly ScannedHour[]> {
    const { after } = query;
    const input = {
      ...condition,
      TableName: this.tableName,
      ProjectionExpression: '#equipmentId, #hour, #failure, #metrics.#metric',
      ExpressionAttributeNames: {
        ...condition.ExpressionAttributeNames,
        '#equipmentId': 'equipmentId',
        '#hour': 'hour',
        '#failure': 'failure',
        '#metrics': 'metrics',
        '#metric': query.metric,
      },
    };
    for await (const items of queryPages(this.client, input, budget)) {
      const cells = items.map((item) => toScannedHour(item, query.metric));
      yield cells.filter((cell) => !after || compareEquipmentHours(cell, after) > 0);
    }
  }

  override async daysWithin(
    range: HourRange,
    equipmentId?: string,
    budget?: WorkBudget,
  ): Promise<readonly string[]> {
    if (isEmptyRange(range)) return [];
    if (equipmentId === undefined) {
      return (await this.layouts.daysWithin(range, budget)).map(({ day }) => day);
    }
    const days = new Set<string>();
    for await (const items of this.indexed(equipmentId, range, budget, '#hour')) {
      for (const item of items) days.add(text(item['hour'], 'hour').slice(0, DAY_LENGTH));
    }
    return [...days];
  }

  override async shardOf(
    { equipmentId, hour }: EquipmentHour,
    budget?: WorkBudget,
  ): Promise<number> {
    return shardOf(equipmentId, await this.layouts.shardsFor(dayOf(hour), budget));
  }

  override async *scanEquipment(
    range: HourRange,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly string[]> {
    const [layout] = await this.layouts.daysWithin(range, budget);
    if (!layout) return;
    for (let shard = 0; shard < layout.shards; shard += 1) {
      const partition = equipmentPartition(layout.day, shard);
      const condition = cellsCondition(partition, range.from, range.to);
      const input = {
        ...condition,
        TableName: this.tableName,
        ProjectionExpression: '#cell',
        ConsistentRead: true,
      };
      const pages = queryPages(this.client, input, budget);
      for await (const items of pages) yield items.flatMap((item) => equipmentIn(partition, item));
    }
  }

  override async *scanCells(
    equipmentId: string,
    range: HourRange,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly EquipmentHourCell[]> {
    if (isEmptyRange(range)) return;
    for await (const items of this.indexed(equipmentId, range, budget)) {
      yield items.map(toCell).filter((cell) => cell !== undefined);
    }
  }

  private indexed(
    equipmentId: string,
    range: HourRange,
    budget: WorkBudget | undefined,
    projection?: string,
  ) {
    const input = {
      ...equipmentCondition(equipmentId, range.from, hourPlus(range.to, -1)),
      TableName: this.tableName,
      ...(projection !== undefined && { ProjectionExpression: projection }),
    };
    return queryPages(this.client, input, budget);
  }

  private async layOut({ equipmentId, hour }: EquipmentHour): Promise<number> {
    return shardOf(equipmentId, await this.layouts.shardsOf(dayOf(hour)));
  }
}

/** By the key, which an item has whatever else of it cannot be read. */
function equipmentIn(partition: string, item: Item): readonly string[] {
  const of = equipmentHourAt(partition, text(item['cell'], 'cell'));
  return of ? [of.equipmentId] : [];
}

export function shardOf(equipmentId: string, shards: number): number {
  return createHash('sha256').update(equipmentId).digest().readUInt32BE(0) % shards;
}

function shardCondition({ range, after }: MetricHoursQuery, partition: string) {
  return cellsCondition(
    partition,
    after ? `${after.hour}#${after.equipmentId}` : range.from,
    range.to,
  );
}

/** A cell's key is `<hour>#<equipment>`, which lies behind the bare hour: BETWEEN leaves `to` out. */
function cellsCondition(partition: string, from: string, to: string) {
  return {
    KeyConditionExpression: '#partition = :partition AND #cell BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#partition': 'partition', '#cell': 'cell' },
    ExpressionAttributeValues: {
      ':partition': { S: partition },
      ':from': { S: from },
      ':to': { S: to },
    },
  };
}

function equipmentCondition(equipmentId: string, first: Hour, last: Hour) {
  return {
    IndexName: EQUIPMENT_HOURS_INDEX.name,
    KeyConditionExpression: '#equipmentId = :equipmentId AND #hour BETWEEN :first AND :last',
    ExpressionAttributeNames: { '#equipmentId': 'equipmentId', '#hour': 'hour' },
    ExpressionAttributeValues: {
      ':equipmentId': { S: equipmentId },
      ':first': { S: first },
      ':last': { S: last },
    },
  };
}
