import { AGGREGATES_TABLE } from '@sensorflow/platform/resources/tables.js';
import { DynamoDbVerificationProgress } from '@sensorflow/verification/dynamodb/dynamodb-verification-progress.js';
import type {
  VerificationPosition,
  VerificationProgress,
} from '@sensorflow/verification/verification-progress.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anHour } from '../support/aggregation-world.js';
import { InMemoryVerificationProgress } from '../support/in-memory-verification-progress.js';
import { startTestDynamoDb, type TestDynamoDb } from '../support/test-dynamodb.js';

let dynamodb: TestDynamoDb;

beforeAll(async () => {
  dynamodb = await startTestDynamoDb();
});
afterAll(() => dynamodb.close());

async function inDynamoDb(): Promise<VerificationProgress> {
  const name = await dynamodb.createTable(AGGREGATES_TABLE);
  return new DynamoDbVerificationProgress(dynamodb.client, name);
}

describe.each([
  ['the in-memory twin', async () => Promise.resolve(new InMemoryVerificationProgress())],
  ['the DynamoDB adapter', inDynamoDb],
] satisfies [string, () => Promise<VerificationProgress>][])(
  'the progress of the hourly verification: %s',
  (_, start) => {
    let progress: VerificationProgress;

    beforeEach(async () => {
      progress = await start();
    });

    const aPosition = (version: number): VerificationPosition => ({
      version,
      next: anHour('2023-02-15T06'),
      heldUntilEpochMs: 1_676_440_800_000 + version,
    });

    it('has no position at first', async () => {
      expect(await progress.read()).toBeUndefined();
    });

    it('holds what was written last, version after version', async () => {
      expect(await progress.replace(aPosition(1))).toBe('replaced');
      expect(await progress.replace(aPosition(2))).toBe('replaced');

      expect(await progress.read()).toEqual(aPosition(2));
    });

    it.each([1, 2, 4])('refuses version %i when version 2 is stored', async (version) => {
      await progress.replace(aPosition(1));
      await progress.replace(aPosition(2));

      expect(await progress.replace({ ...aPosition(version), heldUntilEpochMs: 0 })).toBe(
        'conflict',
      );
      expect(await progress.read()).toEqual(aPosition(2));
    });

    it('accepts exactly one of many writes with the same version', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, async () => progress.replace(aPosition(1))),
      );

      expect(outcomes.filter((outcome) => outcome === 'replaced')).toHaveLength(1);
    });
  },
);
