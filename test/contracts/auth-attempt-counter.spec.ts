import type { AttemptCounter } from '@sensorflow/auth/attempt-counter.js';
import type { AttemptLimit } from '@sensorflow/auth/attempt-limit.js';
import { DynamoDbAttemptCounter } from '@sensorflow/auth/dynamodb/dynamodb-attempt-counter.js';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InMemoryAttemptCounter } from '../support/in-memory-attempt-counter.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';

const LIMIT: AttemptLimit = { withoutWait: 2, waitsMs: [100, 400] };
const RATE = { burst: 3, refillEveryMs: 100 };
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
  it('lets the first attempts through and then says how long to wait', async () => {
    const [here, there] = make();
    const key = randomUUID();

    const waits = [
      await here.reserve(key, LIMIT, NOW),
      await there.reserve(key, LIMIT, NOW + 10),
      await here.reserve(key, LIMIT, NOW + 20),
      await there.reserve(key, LIMIT, NOW + 109),
    ];

    expect(waits).toEqual([0, 0, 90, 1]);
  });

  it('lets one more through after each wait, and each wait is longer', async () => {
    const [here, there] = make();
    const key = randomUUID();
    await here.reserve(key, LIMIT, NOW);
    await here.reserve(key, LIMIT, NOW);

    const waits = [
      await here.reserve(key, LIMIT, NOW + 100),
      await there.reserve(key, LIMIT, NOW + 100),
      await here.reserve(key, LIMIT, NOW + 499),
    ];

    expect(waits).toEqual([0, 400, 1]);
  });

  it('tells the wait without counting', async () => {
    const [here, there] = make();
    const key = randomUUID();

    const before = [];
    for (let index = 0; index < 5; index += 1) before.push(await here.waitMs(key, LIMIT, NOW));
    await there.reserve(key, LIMIT, NOW);
    await there.reserve(key, LIMIT, NOW);

    expect(before).toEqual([0, 0, 0, 0, 0]);
    expect(await here.waitMs(key, LIMIT, NOW + 30)).toBe(70);
  });

  it('counts a refused attempt neither as one nor as the last', async () => {
    const [here] = make();
    const key = randomUUID();
    for (let index = 0; index < 50; index += 1) await here.reserve(key, LIMIT, NOW);

    expect(await here.reserve(key, LIMIT, NOW + 100)).toBe(0);
  });

  it('forgets a key after its longest wait without an attempt, and not before', async () => {
    const [here, there] = make();
    const [forgotten, remembered] = [randomUUID(), randomUUID()];
    for (const key of [forgotten, remembered]) {
      await here.reserve(key, LIMIT, NOW);
      await here.reserve(key, LIMIT, NOW);
    }

    const afterTheWait = [
      await there.reserve(forgotten, LIMIT, NOW + 400),
      await there.reserve(forgotten, LIMIT, NOW + 400),
    ];
    const beforeItsEnd = [
      await there.reserve(remembered, LIMIT, NOW + 399),
      await there.reserve(remembered, LIMIT, NOW + 399),
    ];

    expect([afterTheWait, beforeItsEnd]).toEqual([
      [0, 0],
      [0, 400],
    ]);
  });

  it('counts every one of many afterTheWait at once', async () => {
    const [here, there] = make();
    const key = randomUUID();

    const attempts = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? here : there).reserve(key, LIMIT, NOW),
    );

    const admitted = (await Promise.all(attempts)).filter((waitMs) => waitMs === 0);
    expect(admitted).toHaveLength(2);
  });

  it('counts one less when an attempt is given back', async () => {
    const [here, there] = make();
    const key = randomUUID();
    await here.giveBack(key);
    await here.reserve(key, LIMIT, NOW);
    await here.reserve(key, LIMIT, NOW);

    await there.giveBack(key);

    expect(await here.reserve(key, LIMIT, NOW)).toBe(0);
    expect(await here.reserve(key, LIMIT, NOW)).toBe(100);
  });

  it('keeps keys apart and forgets one that is cleared', async () => {
    const [here, there] = make();
    const [key, other] = [randomUUID(), randomUUID()];
    for (let index = 0; index < 2; index += 1) {
      await here.reserve(key, LIMIT, NOW);
      await here.reserve(other, LIMIT, NOW);
    }

    await there.clear(key);

    expect(await here.reserve(key, LIMIT, NOW)).toBe(0);
    expect(await here.reserve(other, LIMIT, NOW)).toBe(100);
  });

  it('lets a burst through, then one for each refill', async () => {
    const [here, there] = make();
    const key = randomUUID();

    const waits = [];
    for (const at of [0, 0, 10, 10, 99, 100, 100, 150]) {
      waits.push(await (at % 20 === 0 ? here : there).reserveInRate(key, RATE, NOW + at));
    }

    expect(waits).toEqual([0, 0, 0, 90, 1, 0, 100, 50]);
  });

  it('fills a bucket no further than full', async () => {
    const [here] = make();
    const key = randomUUID();
    await here.reserveInRate(key, RATE, NOW);

    const waits = [];
    for (let index = 0; index < 4; index += 1) {
      waits.push(await here.reserveInRate(key, RATE, NOW + 1_000_000));
    }

    expect(waits).toEqual([0, 0, 0, 100]);
  });

  it('counts every one of many attempts at a rate, and takes them back', async () => {
    const [here, there] = make();
    const key = randomUUID();
    const attempt = (index: number) =>
      (index % 2 === 0 ? here : there).reserveInRate(key, RATE, NOW);

    const waits = await Promise.all(Array.from({ length: 20 }, (_, index) => attempt(index)));
    await here.giveBackToRate(key, RATE);

    expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(3);
    expect([await attempt(0), await attempt(1)]).toEqual([0, 100]);
  });
});

describe('an attempt counter whose table is gone', () => {
  it('does not let anybody through', async () => {
    const counter = new DynamoDbAttemptCounter(table.client, 'no-such-table');

    const counting = counter.reserve('key', LIMIT, NOW);

    await expect(counting).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'login-throttle-unavailable',
    });
  });
});
