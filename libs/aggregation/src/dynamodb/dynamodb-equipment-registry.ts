import {
  BatchWriteItemCommand,
  type DynamoDBClient,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { setTimeout as delay } from 'node:timers/promises';
import {
  EquipmentRegistry,
  type EquipmentMetric,
  type RegisteredEquipment,
} from '../equipment-registry.js';
import { behindRowsOf, pairIn, REGISTRY_PARTITIONS, rowOf } from './equipment-keys.js';
import { mergeSorted } from './merge-sorted.js';
import { queryPages } from './query-pages.js';
import { answered, unavailable } from './store-errors.js';

const ROWS_PER_CALL = 25;
const ROWS_PER_PAGE = 250;
const MAX_ATTEMPTS = 6;
const FIRST_BACKOFF_MS = 20;

/** The registry in the aggregates table. A row is put blindly: nothing in it can change. */
export class DynamoDbEquipmentRegistry extends EquipmentRegistry {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  override async add(pairs: readonly EquipmentMetric[]): Promise<void> {
    const puts = pairs.map((pair) => ({ PutRequest: { Item: rowOf(pair) } }));
    for (let from = 0; from < puts.length; from += ROWS_PER_CALL) {
      await this.putAll(puts.slice(from, from + ROWS_PER_CALL));
    }
  }

  private async putAll(puts: readonly WriteRequest[]): Promise<void> {
    let left = puts;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      left = await this.leftOf(left);
      if (left.length === 0) return;
      await delay(Math.random() * FIRST_BACKOFF_MS * 2 ** attempt);
    }
    throw unavailable(new Error('DynamoDB left rows of the registry unprocessed'));
  }

  private async leftOf(puts: readonly WriteRequest[]): Promise<readonly WriteRequest[]> {
    const command = new BatchWriteItemCommand({ RequestItems: { [this.tableName]: [...puts] } });
    const { UnprocessedItems: unprocessed } = await answered(this.client.send(command));
    return unprocessed?.[this.tableName] ?? [];
  }

  override async *scan(after?: string): AsyncGenerator<readonly RegisteredEquipment[]> {
    const sources = REGISTRY_PARTITIONS.map((partition) => this.inPartition(partition, after));
    yield* mergeSorted(sources, byId);
  }

  /** The last equipment of a page waits for the next one, which may have more of its metrics. */
  private async *inPartition(
    partition: string,
    after: string | undefined,
  ): AsyncGenerator<readonly RegisteredEquipment[]> {
    let open: RegisteredEquipment | undefined;
    for await (const rows of queryPages(this.client, this.rowsQuery(partition, after))) {
      const complete: RegisteredEquipment[] = [];
      for (const { equipmentId, metric } of rows.map(pairIn)) {
        if (open && open.equipmentId !== equipmentId) complete.push(open);
        const before = open?.equipmentId === equipmentId ? open.metrics : [];
        open = { equipmentId, metrics: [...before, metric] };
      }
      yield complete;
    }
    if (open) yield [open];
  }

  private rowsQuery(partition: string, after: string | undefined) {
    return {
      TableName: this.tableName,
      KeyConditionExpression: ['#partition = :partition']
        .concat(after === undefined ? [] : '#cell > :after')
        .join(' AND '),
      ExpressionAttributeNames: {
        '#partition': 'partition',
        ...(after !== undefined && { '#cell': 'cell' }),
      },
      ExpressionAttributeValues: {
        ':partition': { S: partition },
        ...(after !== undefined && { ':after': { S: behindRowsOf(after) } }),
      },
      Limit: ROWS_PER_PAGE,
    };
  }
}

function byId(a: RegisteredEquipment, b: RegisteredEquipment): number {
  if (a.equipmentId === b.equipmentId) return 0;
  return a.equipmentId < b.equipmentId ? -1 : 1;
}
