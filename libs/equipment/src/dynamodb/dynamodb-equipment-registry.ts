import { BatchWriteItemCommand, QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { WorkBudget } from '@sensorflow/kernel';
import { mergeSorted } from '@sensorflow/platform/aws/merge-sorted.js';
import { orUnavailable } from '@sensorflow/platform/aws/or-unavailable.js';
import {
  EquipmentRegistry,
  MOST_LISTED_METRICS,
  type EquipmentMetric,
  type MetricsQuery,
  type RegisteredEquipment,
} from '../equipment-registry.js';
import {
  BEFORE_ALL_ROWS,
  beforeRowsOf,
  behindRowsOf,
  pairIn,
  partitionOf,
  REGISTRY_PARTITIONS,
  rowOf,
} from './equipment-keys.js';

const OUTAGE = {
  code: 'store-unavailable',
  detail: 'The aggregates cannot be reached right now; try again.',
  retryAfterSeconds: 1,
};

/** From one partition: enough for a screen of ordinary equipment … */
const FIRST_ROWS = 48;
/** … for a page of it, and little more than a wide one shows. */
const ROWS_PER_CALL = 250;

interface RowRange {
  readonly partition: string;
  /** Both inclusive, but no row has such a key. */
  readonly first: string;
  readonly last: string;
  readonly limit: number;
  readonly consistent: boolean;
}

interface RowPage {
  readonly pairs: readonly EquipmentMetric[];
  readonly isLast: boolean;
}

/** The registry in the aggregates table. Rows are put without a condition: nothing in them can change. */
export class DynamoDbEquipmentRegistry extends EquipmentRegistry {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  override async add(pairs: readonly EquipmentMetric[]): Promise<readonly EquipmentMetric[]> {
    if (pairs.length === 0) return [];
    const puts = pairs.map((pair) => ({ PutRequest: { Item: rowOf(pair) } }));
    const command = new BatchWriteItemCommand({ RequestItems: { [this.tableName]: puts } });
    const { UnprocessedItems: unprocessed } = await orUnavailable(OUTAGE, () =>
      this.client.send(command),
    );
    const left = unprocessed?.[this.tableName] ?? [];
    return left.flatMap(({ PutRequest: put }) => (put?.Item ? [pairIn(put.Item)] : []));
  }

  override async *scan(
    after?: string,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly RegisteredEquipment[]> {
    const behind = after === undefined ? BEFORE_ALL_ROWS : behindRowsOf(after);
    const sources = REGISTRY_PARTITIONS.map((partition) =>
      this.inPartition(partition, behind, budget),
    );
    yield* mergeSorted(sources, byId);
  }

  /**
   * Skips the rows that are not shown. The last equipment of a page waits for the next page, which may have more
   * of its metrics.
   */
  private async *inPartition(
    partition: string,
    behind: string,
    budget: WorkBudget | undefined,
  ): AsyncGenerator<readonly RegisteredEquipment[]> {
    let first = behind;
    let open: ListedEquipment | undefined;
    for (let limit = FIRST_ROWS; ; limit = ROWS_PER_CALL) {
      const range = { partition, first, last: BEHIND_ALL_ROWS, limit };
      const { pairs, isLast } = await this.rows({ ...range, consistent: false }, budget);
      const complete: RegisteredEquipment[] = [];
      for (const { equipmentId, metric } of pairs) {
        if (open?.equipmentId !== equipmentId) {
          if (open) complete.push(open);
          open = new ListedEquipment(equipmentId);
        }
        open.add(metric);
      }
      if (open && (isLast || open.hasMoreMetrics)) {
        complete.push(open);
        first = behindRowsOf(open.equipmentId);
        open = undefined;
      } else if (open) first = beforeRowsOf(open.equipmentId, pairs.at(-1)?.metric);
      yield complete;
      if (isLast) return;
    }
  }

  override async metricsOf(
    { equipmentId, limit, after }: MetricsQuery,
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    const metrics: string[] = [];
    let first = beforeRowsOf(equipmentId, after);
    for (let isLast = false; !isLast && metrics.length < limit;) {
      signal?.throwIfAborted();
      const range = { partition: partitionOf(equipmentId), first, last: behindRowsOf(equipmentId) };
      const page = await this.rows(
        { ...range, limit: limit - metrics.length, consistent: true },
        undefined,
        signal,
      );
      for (const { metric } of page.pairs) metrics.push(metric);
      first = beforeRowsOf(equipmentId, metrics.at(-1));
      ({ isLast } = page);
    }
    return metrics;
  }

  private async rows(
    { partition, first, last, limit, consistent }: RowRange,
    budget: WorkBudget | undefined,
    signal?: AbortSignal,
  ): Promise<RowPage> {
    const command = new QueryCommand({
      TableName: this.tableName,
      KeyConditionExpression: '#partition = :partition AND #cell BETWEEN :first AND :last',
      ExpressionAttributeNames: { '#partition': 'partition', '#cell': 'cell' },
      ExpressionAttributeValues: {
        ':partition': { S: partition },
        ':first': { S: first },
        ':last': { S: last },
      },
      Limit: limit,
      ConsistentRead: consistent,
    });
    const send = async (abortSignal?: AbortSignal) =>
      orUnavailable(OUTAGE, () => this.client.send(command, abortSignal && { abortSignal }));
    const answer = await (budget ? budget.call(send, itemsIn) : send(signal));
    return {
      pairs: (answer.Items ?? []).map(pairIn),
      isLast: answer.LastEvaluatedKey === undefined,
    };
  }
}

/** Sorts after every equipment id. */
const BEHIND_ALL_ROWS = '~';

class ListedEquipment implements RegisteredEquipment {
  readonly metrics: string[] = [];
  hasMoreMetrics = false;

  constructor(readonly equipmentId: string) {}

  add(metric: string): void {
    if (this.metrics.length < MOST_LISTED_METRICS) this.metrics.push(metric);
    else this.hasMoreMetrics = true;
  }
}

function itemsIn({ Items: items }: { readonly Items?: readonly unknown[] | undefined }): number {
  return items?.length ?? 0;
}

function byId(a: RegisteredEquipment, b: RegisteredEquipment): number {
  if (a.equipmentId === b.equipmentId) return 0;
  return a.equipmentId < b.equipmentId ? -1 : 1;
}
