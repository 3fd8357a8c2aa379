import type { CallName } from './call-name.ts';
import { countReadings, SinkCounters } from './sink-counters.ts';
import { DEFAULT_SETTINGS, type SinkSettings } from './sink-settings.ts';
import { keyOf, putsOf, SinkTables, type Put } from './sink-tables.ts';
import { itemSize, writeUnits } from '../../test/support/dynamodb-item-size.ts';
import type { Item } from './update-expression.ts';

export interface SinkAnswer {
  readonly status: number;
  readonly body: string;
}

const NOTHING: SinkAnswer = { status: 200, body: '{}' };
const ALL_PROCESSED: SinkAnswer = { status: 200, body: '{"UnprocessedItems":{}}' };
const NO_ITEMS: SinkAnswer = { status: 200, body: '{"Items":[],"Count":0,"ScannedCount":0}' };
const THROTTLED: SinkAnswer = {
  status: 400,
  body: JSON.stringify({
    __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
    message: 'The sink was told to throttle.',
  }),
};

type Json = Readonly<Record<string, unknown>>;
type Measurable = Parameters<typeof itemSize>[0];

/** Answers DynamoDB's calls after a set latency, and keeps little or nothing. */
export class Sink {
  settings: SinkSettings = DEFAULT_SETTINGS;
  readonly counters = new SinkCounters(false);
  readonly tables = new SinkTables();
  private inFlight = 0;
  private readonly waiting: (() => void)[] = [];

  /** Calls `answer` once the latency, and whatever fault was drawn, is over. */
  take(name: CallName, body: Buffer, answer: (answer: SinkAnswer) => void): void {
    this.counters.countCall(name);
    const begin = (): void => this.work(name, body, answer);
    if (this.settings.slots > 0 && this.inFlight >= this.settings.slots) this.waiting.push(begin);
    else begin();
  }

  private work(name: CallName, body: Buffer, answer: (answer: SinkAnswer) => void): void {
    this.inFlight += 1;
    this.counters.mostInFlight = Math.max(this.counters.mostInFlight, this.inFlight);
    setTimeout(() => {
      this.inFlight -= 1;
      answer(this.answerTo(name, body));
      this.waiting.shift()?.();
    }, this.delayOf(name));
  }

  private delayOf(name: CallName): number {
    const { latencyMs, stall, stallMs } = this.settings;
    if (stall === 0 || !isWrite(name) || Math.random() >= stall) return latencyMs;
    this.counters.stalledCalls += 1;
    return stallMs;
  }

  private answerTo(name: CallName, body: Buffer): SinkAnswer {
    if (isWrite(name)) return this.write(name, body);
    if (name === 'Query') return NO_ITEMS;
    const input = JSON.parse(body.toString('utf8')) as Json;
    const table = String(input['TableName']);
    if (name === 'DescribeTable') return ok({ Table: { TableName: table, TableStatus: 'ACTIVE' } });
    const key = input['Key'] as Item;
    if (name === 'UpdateItem') return this.update(table, key, input);
    const found = this.tables.get(table, key);
    return found ? ok({ Item: found }) : NOTHING;
  }

  private update(table: string, key: Item, input: Json): SinkAnswer {
    const item = this.tables.update(table, key, input);
    this.noteUnits({ table, item });
    return ok({ Attributes: item });
  }

  private write(name: CallName, body: Buffer): SinkAnswer {
    const { throttle, partial, watchKeys, watchUnits, keepItems } = this.settings;
    if (throttle > 0 && Math.random() < throttle) {
      this.counters.throttledCalls += 1;
      return THROTTLED;
    }
    const isPartial = partial > 0 && name === 'BatchWriteItem' && Math.random() < partial;
    if (isPartial || watchKeys || watchUnits || keepItems)
      return this.writeOneByOne(name, body, isPartial);
    this.counters.readings += countReadings(body.toString('latin1'));
    return name === 'PutItem' ? NOTHING : ALL_PROCESSED;
  }

  private writeOneByOne(name: CallName, body: Buffer, isPartial: boolean): SinkAnswer {
    const puts = putsOf(JSON.parse(body.toString('utf8')) as Json);
    const processed = isPartial ? Math.floor(puts.length / 2) : puts.length;
    for (const put of puts.slice(0, processed)) this.note(put);
    this.counters.unprocessedItems += puts.length - processed;
    if (name === 'PutItem') return NOTHING;
    return ok({ UnprocessedItems: requestItems(puts.slice(processed)) });
  }

  private noteUnits({ table, item }: Put): void {
    if (this.settings.watchUnits)
      this.counters.countUnits(table, writeUnits(itemSize(item as unknown as Measurable)));
  }

  private note(put: Put): void {
    this.counters.readings += countReadings(JSON.stringify(put.item));
    this.counters.countKey(keyOf(put));
    this.noteUnits(put);
    if (this.settings.keepItems) this.tables.put(put);
  }
}

function requestItems(puts: readonly Put[]): Json {
  const byTable: Record<string, unknown[]> = {};
  for (const { table, item } of puts) {
    (byTable[table] ??= []).push({ PutRequest: { Item: item } });
  }
  return byTable;
}

function isWrite(name: CallName): boolean {
  return name === 'PutItem' || name === 'BatchWriteItem';
}

function ok(body: Json): SinkAnswer {
  return { status: 200, body: JSON.stringify(body) };
}
