import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { WorkBudget } from '@sensorflow/kernel';
import { number, text, type Item } from '@sensorflow/platform/aws/stored-item.js';
import { dayOf, firstHourOfDay, hourPlus, type HourRange } from '../hours/hour.js';
import { queryPages } from './query-pages.js';
import { answered, unavailable } from './store-errors.js';

export interface DayLayout {
  readonly day: string;
  readonly shards: number;
}

const PARTITION = 'layout';

/**
 * Into how many shards each day of aggregates is laid out: fixed by a row that the day's first writer
 * creates, so that the number for new days can change while old days stay readable.
 */
export class DayLayouts {
  /** A layout never changes once it is there. As many entries as days that have been seen. */
  private readonly known = new Map<string, number>();
  private readonly asked = new Map<string, Promise<number>>();

  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
    private readonly shardsForNewDays: number,
  ) {}

  /** The number of shards of a day that is about to be written; fixes it if the day has none yet. */
  async shardsOf(day: string): Promise<number> {
    const shards = this.known.get(day) ?? this.asked.get(day);
    if (shards !== undefined) return shards;
    const asking = this.readOrCreate(day);
    this.asked.set(day, asking);
    try {
      return this.remember({ day, shards: await asking }).shards;
    } finally {
      this.asked.delete(day);
    }
  }

  /** The shards that a day has, or would have if it were laid out now. */
  async shardsFor(day: string, budget?: WorkBudget): Promise<number> {
    const shards = this.known.get(day) ?? (await this.read(day, budget));
    return shards === undefined ? this.shardsForNewDays : this.remember({ day, shards }).shards;
  }

  /** The days of a range that hold anything, in order: one query for a year. */
  async daysWithin(range: HourRange, budget?: WorkBudget): Promise<readonly DayLayout[]> {
    const days: DayLayout[] = [];
    for await (const items of queryPages(this.client, this.layoutsQuery(range), budget)) {
      for (const item of items) {
        days.push(this.remember({ day: text(item['cell'], 'cell'), shards: shardsIn(item) }));
      }
    }
    return days;
  }

  /** Layouts of these days that this process has seen, and whether those are all days of the range. */
  knownWithin(range: HourRange): { readonly days: readonly DayLayout[]; readonly isAll: boolean } {
    const days: DayLayout[] = [];
    const last = dayOf(hourPlus(range.to, -1));
    let isAll = true;
    for (let day = dayOf(range.from); ; day = dayAfter(day)) {
      const shards = this.known.get(day);
      if (shards === undefined) isAll = false;
      else days.push({ day, shards });
      if (day >= last) return { days, isAll };
    }
  }

  private remember(layout: DayLayout): DayLayout {
    this.known.set(layout.day, layout.shards);
    return layout;
  }

  /** Strongly consistent, so that a day is never missing from a list that holds its readings' sum. */
  private layoutsQuery(range: HourRange) {
    return {
      TableName: this.tableName,
      KeyConditionExpression: '#partition = :layout AND #cell BETWEEN :first AND :last',
      ExpressionAttributeNames: { '#partition': 'partition', '#cell': 'cell' },
      ExpressionAttributeValues: {
        ':layout': { S: PARTITION },
        ':first': { S: dayOf(range.from) },
        ':last': { S: dayOf(hourPlus(range.to, -1)) },
      },
      ConsistentRead: true,
    };
  }

  private async readOrCreate(day: string): Promise<number> {
    return (await this.read(day)) ?? (await this.create(day)) ?? (await this.readCreated(day));
  }

  private async read(day: string, budget?: WorkBudget): Promise<number | undefined> {
    const command = new GetItemCommand({
      TableName: this.tableName,
      Key: { partition: { S: PARTITION }, cell: { S: day } },
      ConsistentRead: true,
    });
    const send = async (abortSignal?: AbortSignal) =>
      this.client.send(command, abortSignal && { abortSignal });
    const { Item: item } = await answered(budget ? budget.call(send) : send(), budget);
    return item && shardsIn(item);
  }

  /** Undefined when somebody else was first. */
  private async create(day: string): Promise<number | undefined> {
    const shards = this.shardsForNewDays;
    const command = new PutItemCommand({
      TableName: this.tableName,
      Item: { partition: { S: PARTITION }, cell: { S: day }, shards: { N: String(shards) } },
      ConditionExpression: 'attribute_not_exists(#cell)',
      ExpressionAttributeNames: { '#cell': 'cell' },
    });
    try {
      await this.client.send(command);
      return shards;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw unavailable(error);
    }
  }

  private async readCreated(day: string): Promise<number> {
    const shards = await this.read(day);
    if (shards === undefined) throw unavailable(new Error(`the layout of ${day} vanished`));
    return shards;
  }
}

function dayAfter(day: string): string {
  return dayOf(hourPlus(firstHourOfDay(day), 24));
}

function shardsIn(item: Item): number {
  return number(item['shards'], 'shards');
}
