import type { AttemptCounter } from '@sensorflow/auth/attempt-counter.js';
import { DynamoDbAttemptCounter } from '@sensorflow/auth/dynamodb/dynamodb-attempt-counter.js';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InMemoryAttemptCounter } from '../support/in-memory-attempt-counter.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';

const LIMIT = { attempts: 3, windowMs: 1000 };
const NOW = 1_700_000_000_000;

let table: SessionsTable;

beforeAll(async () => {
  table = await startSessionsTable();
});

afterAll(async () => {
  await table.close();
});

/** Two counters over one store stand for two processes. */
const MAKERS: Readonly<Record<string, () => readonly [AttemptCounter, AttemptCounter]>> = {
  'in memory': () => {
    const shared = new InMemoryAttemptCounter();
    return [shared, shared];
  },
  'in DynamoDB': () => [
    new DynamoDbAttemptCounter(table.client, table.name),
    new DynamoDbAttemptCounter(table.client, table.name),
  ],
};

describe.each(Object.entries(MAKERS))('an attempt counter %s', (_name, make) => {
  it('lets the limit through and then says how long to wait', async () => {
    const [here, there] = make();
    const key = randomUUID();

    const waits = [
      await here.count(key, LIMIT, NOW),
      await there.count(key, LIMIT, NOW + 10),
      await here.count(key, LIMIT, NOW + 20),
      await there.count(key, LIMIT, NOW + 100),
      await here.count(key, LIMIT, NOW + 999),
    ];

    expect(waits).toEqual([0, 0, 0, 900, 1]);
  });

  it('begins anew when the window has ended', async () => {
    const [here] = make();
    const key = randomUUID();
    for (let index = 0; index < 4; index += 1) await here.count(key, LIMIT, NOW);

    const waits = [];
    for (let index = 0; index < 4; index += 1) waits.push(await here.count(key, LIMIT, NOW + 1000));

    expect(waits).toEqual([0, 0, 0, 1000]);
  });

  it('counts every one of many attempts at once', async () => {
    const [here, there] = make();
    const key = randomUUID();

    const attempts = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? here : there).count(key, LIMIT, NOW),
    );

    const admitted = (await Promise.all(attempts)).filter((waitMs) => waitMs === 0);
    expect(admitted).toHaveLength(3);
  });

  it('keeps keys apart and forgets one that is cleared', async () => {
    const [here, there] = make();
    const [key, other] = [randomUUID(), randomUUID()];
    for (let index = 0; index < 3; index += 1) {
      await here.count(key, LIMIT, NOW);
      await here.count(other, LIMIT, NOW);
    }

    await there.clear(key);

    expect(await here.count(key, LIMIT, NOW)).toBe(0);
    expect(await here.count(other, LIMIT, NOW)).toBe(1000);
  });
});

describe('an attempt counter whose table is gone', () => {
  it('does not let anybody through', async () => {
    const counter = new DynamoDbAttemptCounter(table.client, 'no-such-table');

    const counting = counter.count('key', LIMIT, NOW);

    await expect(counting).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'login-throttle-unavailable',
    });
  });
});
