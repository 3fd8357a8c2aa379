import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { WorkBudget } from '@sensorflow/kernel';
import { text, type Item } from '@sensorflow/platform/aws/stored-item.js';
import { setTimeout as pause } from 'node:timers/promises';
import { dayOf, firstHourOfDay, hourPlus, type HourRange } from '../hours/hour.js';
import { equipmentHourItemKey, shardOf, type CellKey } from './aggregate-keys.js';
import type { DayLayout, DayLayouts } from './day-layouts.js';
import { answered, unavailable } from './store-errors.js';

/** Some attributes of an item. */
export interface Projection {
  readonly expression: string;
  readonly names: Readonly<Record<string, string>>;
}

/** As many as DynamoDB takes. */
const KEYS_PER_CALL = 100;
/** Side by side: a month takes two rounds. */
const CALLS_AT_ONCE = 4;
/** A cell has 400 KB at the most, and the answer is parsed in one go. */
const WHOLE_CELLS_AT_ONCE = 25;
/** Answers in a row that processed nothing, with pauses of 2.5 s between them in all. */
const MOST_EMPTY_ANSWERS = 8;
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1000;

/**
 * Reads the cells of one equipment by their keys, which needs no index: record 0005. A key without a cell is
 * billed like one with it, so that days without data are not asked for.
 */
export class EquipmentCells {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
    private readonly layouts: DayLayouts,
  ) {}

  /**
   * The items of a range in order of the hour, 400 at a time at the most, or 25 whole ones. Eventually
   * consistent. Throws DomainError `unavailable`, also when the store leaves keys unprocessed again and again,
   * and the reason of the budget's signal.
   */
  async *read(
    equipmentId: string,
    range: HourRange,
    budget?: WorkBudget,
    projection?: Projection,
  ): AsyncGenerator<readonly Item[]> {
    const atOnce = projection ? KEYS_PER_CALL * CALLS_AT_ONCE : WHOLE_CELLS_AT_ONCE;
    const pageOf = async (keys: readonly CellKey[]) => this.page(keys, budget, projection);
    const known = this.layouts.knownWithin(range);
    const chunks = chunksOf(cellKeys(equipmentId, range, known.days), atOnce);
    const { value: first = [] } = chunks.next();
    // Most often nothing has come to the days that were not known, and this page is the answer.
    const [days, page] = await Promise.all([
      known.isAll ? known.days : this.layouts.daysWithin(range, budget),
      pageOf(first),
    ]);
    const isSame = days.length === known.days.length;
    if (isSame && page.length > 0) yield page;
    const rest = isSame ? chunks : chunksOf(cellKeys(equipmentId, range, days), atOnce);
    for (const keys of rest) yield await pageOf(keys);
  }

  /** In order of the hour. */
  private async page(
    keys: readonly CellKey[],
    budget: WorkBudget | undefined,
    projection: Projection | undefined,
  ): Promise<readonly Item[]> {
    const calls = [...chunksOf(keys, KEYS_PER_CALL)].map((some) =>
      this.get(some, budget, projection),
    );
    return (await Promise.all(calls)).flat().sort(byCell);
  }

  private async get(
    keys: readonly CellKey[],
    budget: WorkBudget | undefined,
    projection: Projection | undefined,
  ): Promise<readonly Item[]> {
    const items: Item[] = [];
    let pending: readonly Item[] = keys;
    for (let emptyAnswers = 0; pending.length > 0;) {
      const { found, unprocessed } = await this.call(pending, budget, projection);
      items.push(...found);
      emptyAnswers = unprocessed.length < pending.length ? 0 : emptyAnswers + 1;
      if (emptyAnswers >= MOST_EMPTY_ANSWERS) {
        throw unavailable(new Error(`${unprocessed.length} keys stayed unprocessed`));
      }
      if (emptyAnswers > 0) await answered(backOff(emptyAnswers, budget?.signal), budget);
      pending = unprocessed;
    }
    return items;
  }

  private async call(
    keys: readonly Item[],
    budget: WorkBudget | undefined,
    projection: Projection | undefined,
  ) {
    const command = new BatchGetItemCommand({
      RequestItems: {
        [this.tableName]: {
          Keys: [...keys],
          ...(projection && {
            ProjectionExpression: projection.expression,
            ExpressionAttributeNames: { ...projection.names },
          }),
        },
      },
    });
    const send = async (abortSignal?: AbortSignal) =>
      this.client.send(command, abortSignal && { abortSignal });
    const itemsIn = ({ Responses: found }: BatchGetItemCommandOutput) =>
      found?.[this.tableName] ?? [];
    const answer = await answered(
      budget ? budget.call(send, (one) => itemsIn(one).length) : send(),
      budget,
    );
    const unprocessed = answer.UnprocessedKeys?.[this.tableName]?.Keys ?? [];
    return { found: itemsIn(answer), unprocessed };
  }
}

/** In order of the hour. */
function* cellKeys(
  equipmentId: string,
  { from, to }: HourRange,
  days: readonly DayLayout[],
): Generator<CellKey> {
  for (const { day, shards } of days) {
    const shard = shardOf(equipmentId, shards);
    const start = firstHourOfDay(day);
    let hour = start < from ? from : start;
    for (; hour < to && dayOf(hour) === day; hour = hourPlus(hour, 1)) {
      yield equipmentHourItemKey({ equipmentId, hour }, shard);
    }
  }
}

/** Sorts cells of one equipment by hour. */
function byCell(a: Item, b: Item): number {
  return text(a['cell'], 'cell') < text(b['cell'], 'cell') ? -1 : 1;
}

async function backOff(emptyAnswers: number, signal: AbortSignal | undefined): Promise<void> {
  const longestMs = Math.min(FIRST_PAUSE_MS * 2 ** emptyAnswers, LONGEST_PAUSE_MS);
  await pause(longestMs * (0.5 + Math.random() / 2), undefined, signal && { signal });
}

function* chunksOf<T>(all: Iterable<T>, size: number): Generator<readonly T[]> {
  let chunk: T[] = [];
  for (const one of all) {
    if (chunk.push(one) < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
