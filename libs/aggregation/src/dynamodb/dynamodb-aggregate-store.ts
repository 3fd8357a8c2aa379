import { GetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { WorkBudget } from '@sensorflow/kernel';
import { mergeSorted } from '@sensorflow/platform/aws/merge-sorted.js';
import { text, type Item } from '@sensorflow/platform/aws/stored-item.js';
import {
  AggregateStore,
  compareEquipmentHours,
  type CellState,
  type ClosableCell,
  type EquipmentHour,
  type EquipmentHourCell,
  type MetricHoursQuery,
  type ReplaceOutcome,
  type ScannedHour,
} from '../hours/aggregate-store.js';
import { dayOf, hourPlus, isEmptyRange, type Hour, type HourRange } from '../hours/hour.js';
import { closedOf, toCell, toCellState, toItem, toScannedHour } from './aggregate-item.js';
import {
  equipmentHourAt,
  equipmentHourIn,
  equipmentHourItemKey,
  equipmentPartition,
  shardOf,
} from './aggregate-keys.js';
import { DayLayouts, type DayLayout } from './day-layouts.js';
import { EquipmentCells, type Projection } from './equipment-cells.js';
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

/** The equipment-hours in the aggregates table; decision record 0005 says why under these keys. */
export class DynamoDbAggregateStore extends AggregateStore {
  private readonly layouts: DayLayouts;
  private readonly cellsByKey: EquipmentCells;

  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
    shardsForNewDays: number,
  ) {
    super();
    this.layouts = new DayLayouts(client, tableName, shardsForNewDays);
    this.cellsByKey = new EquipmentCells(client, tableName, this.layouts);
  }

  override async readState(of: EquipmentHour): Promise<CellState> {
    const command = new GetItemCommand({
      TableName: this.tableName,
      Key: equipmentHourItemKey(of, await this.layOut(of)),
      ProjectionExpression: '#version, #slots, #closed, #asOf',
      ExpressionAttributeNames: {
        '#version': 'version',
        '#slots': 'slots',
        '#closed': 'closed',
        '#asOf': 'asOf',
      },
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
      const projection = metricProjection(query);
      const pages = this.cellsByKey.read(query.equipmentId, range, budget, projection);
      for await (const items of pages) yield scannedIn(items, query);
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
    const sources = Array.from({ length: shards }, (_, shard) =>
      this.shard(query, equipmentPartition(day, shard), limit, budget),
    );
    yield* mergeSorted(sources, compareEquipmentHours);
  }

  private async *shard(
    query: MetricHoursQuery,
    partition: string,
    limit: number,
    budget: WorkBudget | undefined,
  ): AsyncGenerator<readonly ScannedHour[]> {
    const condition = shardCondition(query, partition);
    const projection = metricProjection(query);
    const input = {
      ...condition,
      TableName: this.tableName,
      ProjectionExpression: projection.expression,
      ExpressionAttributeNames: { ...condition.ExpressionAttributeNames, ...projection.names },
      Limit: limit,
      // An item never lacks what a sum that was read before has.
      ConsistentRead: true,
    };
    const pages = queryPages(this.client, input, budget);
    for await (const items of pages) yield scannedIn(items, query);
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
    for await (const items of this.cellsByKey.read(equipmentId, range, budget, KEY_ALONE)) {
      for (const { hour } of items.flatMap(keyIn)) days.add(dayOf(hour));
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
    for await (const page of this.cellsOf(range, budget)) {
      yield page.map(({ equipmentId }) => equipmentId);
    }
  }

  override scanHour(hour: Hour, budget?: WorkBudget): AsyncIterable<readonly ClosableCell[]> {
    return this.cellsOf({ from: hour, to: hourPlus(hour, 1) }, budget);
  }

  /** Of one day. */
  private async *cellsOf(
    range: HourRange,
    budget: WorkBudget | undefined,
  ): AsyncGenerator<readonly ClosableCell[]> {
    const [layout] = await this.layouts.daysWithin(range, budget);
    if (!layout) return;
    for (let shard = 0; shard < layout.shards; shard += 1) {
      const partition = equipmentPartition(layout.day, shard);
      const { ExpressionAttributeNames: names, ...condition } = cellsCondition(
        partition,
        range.from,
        range.to,
      );
      const input = {
        ...condition,
        ExpressionAttributeNames: { ...names, '#closed': 'closed' },
        TableName: this.tableName,
        ProjectionExpression: '#cell, #closed',
        ConsistentRead: true,
      };
      const pages = queryPages(this.client, input, budget);
      for await (const items of pages) yield items.flatMap((item) => closableIn(partition, item));
    }
  }

  override async *scanCells(
    equipmentId: string,
    range: HourRange,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly EquipmentHourCell[]> {
    if (isEmptyRange(range)) return;
    for await (const items of this.cellsByKey.read(equipmentId, range, budget)) {
      yield items.map(toCell);
    }
  }

  private async layOut({ equipmentId, hour }: EquipmentHour): Promise<number> {
    return shardOf(equipmentId, await this.layouts.shardsOf(dayOf(hour)));
  }
}

/** By the key, which an item has whatever else of it cannot be read. */
function keyIn(item: Item): readonly EquipmentHour[] {
  const of = equipmentHourIn(text(item['cell'], 'cell'));
  return of ? [of] : [];
}

function closableIn(partition: string, item: Item): readonly ClosableCell[] {
  const of = equipmentHourAt(partition, text(item['cell'], 'cell'));
  return of ? [{ equipmentId: of.equipmentId, ...closedOf(item) }] : [];
}

const KEY_ALONE: Projection = { expression: '#cell', names: { '#cell': 'cell' } };

function metricProjection({ metric }: MetricHoursQuery): Projection {
  return {
    expression: '#cell, #failure, #closed, #metrics.#metric',
    names: {
      '#cell': 'cell',
      '#failure': 'failure',
      '#closed': 'closed',
      '#metrics': 'metrics',
      '#metric': metric,
    },
  };
}

function scannedIn(
  items: readonly Item[],
  { metric, after }: MetricHoursQuery,
): readonly ScannedHour[] {
  const cells = items.map((item) => toScannedHour(item, metric));
  return cells.filter((cell) => !after || compareEquipmentHours(cell, after) > 0);
}

function shardCondition({ range, after }: MetricHoursQuery, partition: string) {
  return cellsCondition(
    partition,
    after ? `${after.hour}#${after.equipmentId}` : range.from,
    range.to,
  );
}

/** A cell's key is `<hour>#<equipment>`, which sorts after the bare hour, so that BETWEEN leaves `to` out. */
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
