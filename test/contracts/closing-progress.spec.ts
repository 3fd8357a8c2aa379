import { FIRST_HOUR, hourPlus, type ClosingProgress } from '@sensorflow/aggregation';
import { DynamoDbClosingProgress } from '@sensorflow/aggregation/dynamodb/dynamodb-closing-progress.js';
import { AGGREGATES_TABLE } from '@sensorflow/platform/resources/tables.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anHour } from '../support/aggregation-world.js';
import { InMemoryClosingProgress } from '../support/in-memory-closing-progress.js';
import { startTestDynamoDb, type TestDynamoDb } from '../support/test-dynamodb.js';

let dynamodb: TestDynamoDb;

beforeAll(async () => {
  dynamodb = await startTestDynamoDb();
});
afterAll(() => dynamodb.close());

async function inDynamoDb(): Promise<ClosingProgress> {
  const name = await dynamodb.createTable(AGGREGATES_TABLE);
  return new DynamoDbClosingProgress(dynamodb.client, name);
}

describe.each([
  ['the in-memory twin', async () => Promise.resolve(new InMemoryClosingProgress())],
  ['the DynamoDB adapter', inDynamoDb],
] satisfies [string, () => Promise<ClosingProgress>][])(
  'the progress of closing hours: %s',
  (_, start) => {
    const SIX = anHour('2023-02-15T06');
    let progress: ClosingProgress;

    beforeEach(async () => {
      progress = await start();
    });

    it.each(['frontier', 'position', 'shard-sums', 'fleet-sums'] as const)(
      'has no hour behind its %s at first',
      async (mark) => {
        expect(await progress.read(mark)).toBe(FIRST_HOUR);
      },
    );

    it('moves each mark by itself', async () => {
      await progress.advance('frontier', hourPlus(SIX, 3));
      await progress.advance('position', SIX);

      expect(await progress.read('frontier')).toBe('2023-02-15T09');
      expect(await progress.read('position')).toBe('2023-02-15T06');
    });

    it('moves no mark backwards, and says nothing about it', async () => {
      await progress.advance('frontier', hourPlus(SIX, 1));

      await progress.advance('frontier', SIX);
      await progress.advance('frontier', hourPlus(SIX, 1));

      expect(await progress.read('frontier')).toBe('2023-02-15T07');
    });

    it('ends at the furthest of many that move it at once', async () => {
      const hours = Array.from({ length: 20 }, (_hour, i) => hourPlus(SIX, (i * 7) % 20));

      await Promise.all(hours.map(async (hour) => progress.advance('position', hour)));

      expect(await progress.read('position')).toBe(hourPlus(SIX, 19));
    });
  },
);
