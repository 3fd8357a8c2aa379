import { AGGREGATES_TABLE } from '@sensorflow/platform/resources/tables.js';
import type { SweepLedger, SweepPosition } from '@sensorflow/verification';
import { DynamoDbSweepLedger } from '@sensorflow/verification/dynamodb/dynamodb-verification-progress.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anHour } from '../support/aggregation-world.js';
import { InMemorySweepLedger } from '../support/in-memory-verification-progress.js';
import { startTestDynamoDb, type TestDynamoDb } from '../support/test-dynamodb.js';

let dynamodb: TestDynamoDb;

beforeAll(async () => {
  dynamodb = await startTestDynamoDb();
});
afterAll(() => dynamodb.close());

async function inDynamoDb(): Promise<SweepLedger> {
  const name = await dynamodb.createTable(AGGREGATES_TABLE);
  return new DynamoDbSweepLedger(dynamodb.client, name);
}

describe.each([
  ['the in-memory twin', async () => Promise.resolve(new InMemorySweepLedger())],
  ['the DynamoDB adapter', inDynamoDb],
] satisfies [string, () => Promise<SweepLedger>][])('the ledger of the sweep: %s', (_, start) => {
  let ledger: SweepLedger;

  beforeEach(async () => {
    ledger = await start();
  });

  const aPosition = (version: number): SweepPosition => ({
    version,
    next: anHour('2023-02-15T06'),
    heldUntilEpochMs: 1_676_440_800_000 + version,
  });

  it('has no position at first', async () => {
    expect(await ledger.read()).toBeUndefined();
  });

  it('holds what was written last, version after version', async () => {
    expect(await ledger.replace(aPosition(1))).toBe('replaced');
    expect(await ledger.replace(aPosition(2))).toBe('replaced');

    expect(await ledger.read()).toEqual(aPosition(2));
  });

  it.each([1, 2, 4])('refuses version %i when version 2 stands there', async (version) => {
    await ledger.replace(aPosition(1));
    await ledger.replace(aPosition(2));

    expect(await ledger.replace({ ...aPosition(version), heldUntilEpochMs: 0 })).toBe('conflict');
    expect(await ledger.read()).toEqual(aPosition(2));
  });

  it('takes exactly one of many that know the same version', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, async () => ledger.replace(aPosition(1))),
    );

    expect(outcomes.filter((outcome) => outcome === 'replaced')).toHaveLength(1);
  });
});
