import { DynamoDBClient, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { parseHour, type Hour } from '@sensorflow/aggregation';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { json } from 'node:stream/consumers';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBudget } from '../support/budgets.js';
import { pagesOf } from '../support/readings.js';

type Key = Readonly<Record<string, AttributeValue>>;

/** Which of the keys of a call a scripted DynamoDB processes; it has a cell for each. */
type Script = (keys: readonly Key[], call: number) => readonly Key[];

const TABLE = 'aggregates';
const DAY = { from: anHour('2023-02-15T00'), to: anHour('2023-02-16T00') };

let server: Server;
let store: DynamoDbAggregateStore;
let script: Script;
let batches: (readonly Key[])[];
/** Called with each answer that is on its way. */
let answered: () => void;

beforeEach(async () => {
  [batches, answered] = [[], () => undefined];
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new DynamoDBClient({ endpoint, region: 'local', credentials, maxAttempts: 1 });
  store = new DynamoDbAggregateStore(client, TABLE, 1);
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = Object(await json(request));
  const isQuery = String(request.headers['x-amz-target']).endsWith('.Query');
  if (isQuery) return reply(response, { Items: [layoutOf('2023-02-15')] });
  const keys: readonly Key[] = body.RequestItems[TABLE].Keys;
  const processed = script(keys, batches.push(keys));
  const left = keys.filter((key) => !processed.includes(key));
  reply(response, {
    Responses: { [TABLE]: processed },
    UnprocessedKeys: left.length > 0 ? { [TABLE]: { Keys: left } } : {},
  });
  answered();
}

function anHour(text: string): Hour {
  const hour = parseHour(text);
  if (hour === undefined) throw new Error(`${text} is no hour`);
  return hour;
}

function layoutOf(day: string) {
  return { partition: { S: 'layout' }, cell: { S: day }, shards: { N: '1' } };
}

function reply(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
}

const hoursOf = (keys: readonly Key[]) => keys.map(({ cell }) => cell?.S);

describe('keys that the store leaves unprocessed', () => {
  const query = { metric: 'value', range: DAY, equipmentId: 'EQ-1' };

  it('are sent again, those alone, and every call is of the budget', async () => {
    script = (keys, call) => keys.filter((_, i) => call === 3 || i % 2 === 0);
    const budget = aBudget();

    const found = (await pagesOf(store.scanMetric(query, budget))).flat();

    const hours = Array.from({ length: 24 }, (_, i) => `2023-02-15T${String(i).padStart(2, '0')}`);
    expect(found.map(({ hour }) => hour)).toEqual(hours);
    expect(batches.map(({ length }) => length)).toEqual([24, 12, 6]);
    expect(new Set(batches.flatMap(hoursOf)).size).toBe(24);
    // The layouts, and three times the cells.
    expect(budget.cost).toMatchObject({ storeCalls: 4, storeItems: 1 + 24 });
  });

  it('are given up when nothing is processed again and again', async () => {
    script = () => [];

    const scan = pagesOf(store.scanMetric(query, aBudget()));

    await expect(scan).rejects.toMatchObject({ kind: 'unavailable', code: 'store-unavailable' });
    expect(batches).toHaveLength(8);
  });

  it('are not sent again for a client that has gone', async () => {
    script = () => [];
    const reader = new AbortController();
    answered = () => reader.abort();

    const scan = pagesOf(store.scanMetric(query, aBudget(reader.signal)));

    await expect(scan).rejects.toSatisfy((error) => error === reader.signal.reason);
    expect(batches).toHaveLength(1);
  });
});
