import type { AttemptCounter, Reservation } from '@sensorflow/auth/attempt-counter.js';
import type { AttemptLimit } from '@sensorflow/auth/attempt-limit.js';
import { DynamoDbAttemptCounter } from '@sensorflow/auth/dynamodb/dynamodb-attempt-counter.js';
import { DynamoDbKnownNetworks } from '@sensorflow/auth/dynamodb/dynamodb-known-networks.js';
import type { KnownNetworks } from '@sensorflow/auth/known-networks.js';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InMemoryAttemptCounter } from '../support/in-memory-attempt-counter.js';
import { InMemoryKnownNetworks } from '../support/in-memory-known-networks.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';

const LIMIT: AttemptLimit = { withoutWait: 2, waitsMs: [100], laterWaitMs: 400, rememberMs: 400 };
const LONG_MEMORY: AttemptLimit = { ...LIMIT, rememberMs: 10_000 };
const RATE = { burst: 3, refillEveryMs: 100 };
const NOW = 1_700_000_000_000;

let table: SessionsTable;

beforeAll(async () => {
  table = await startSessionsTable();
});

afterAll(async () => {
  await table.close();
});

/** Two of each over one store stand for two processes. */
interface Stores {
  readonly counters: readonly [AttemptCounter, AttemptCounter];
  readonly networks: readonly [KnownNetworks, KnownNetworks];
}

const MAKERS: Readonly<Record<string, () => Stores>> = {
  'in memory': () => {
    const [counter, networks] = [new InMemoryAttemptCounter(), new InMemoryKnownNetworks()];
    return { counters: [counter, counter], networks: [networks, networks] };
  },
  'in DynamoDB': () => inTable(table.name),
};

function inTable(name: string): Stores {
  const counter = () => new DynamoDbAttemptCounter(table.client, name);
  const networks = () => new DynamoDbKnownNetworks(table.client, name);
  return { counters: [counter(), counter()], networks: [networks(), networks()] };
}

/** 0 when the attempt is counted, else how long to wait. */
async function reserve(counter: AttemptCounter, key: string, at: number, limit = LIMIT) {
  const reserved = await counter.reserve(key, limit, NOW + at);
  return typeof reserved === 'number' ? reserved : 0;
}

async function reservation(counter: AttemptCounter, key: string, at: number): Promise<Reservation> {
  const reserved = await counter.reserve(key, LIMIT, NOW + at);
  if (typeof reserved === 'number') throw new Error(`an attempt must wait for ${reserved} ms`);
  return reserved;
}

describe.each(Object.entries(MAKERS))('an attempt counter %s', (_name, makeStores) => {
  const make = () => makeStores().counters;

  it('lets the first attempts through and then says how long to wait', async () => {
    const [here, there] = make();
    const key = randomUUID();

    const waits = [
      await reserve(here, key, 0),
      await reserve(there, key, 10),
      await reserve(here, key, 20),
      await reserve(there, key, 109),
    ];

    expect(waits).toEqual([0, 0, 90, 1]);
  });

  it('lets one more through after each wait, and each wait is longer', async () => {
    const [here, there] = make();
    const key = randomUUID();
    await reserve(here, key, 0);
    await reserve(here, key, 0);

    const waits = [
      await reserve(here, key, 100),
      await reserve(there, key, 100),
      await reserve(here, key, 499),
    ];

    expect(waits).toEqual([0, 400, 1]);
  });

  it('tells what is counted, whether it is remembered or not', async () => {
    const [here, there] = make();
    const key = randomUUID();

    const before = await here.attempts(key);
    await reserve(there, key, 0);
    await reserve(there, key, 10);

    expect(before).toEqual([]);
    expect(await here.attempts(key)).toEqual([NOW, NOW + 10]);
  });

  it('counts a refused attempt neither as one nor as the last', async () => {
    const [here] = make();
    const key = randomUUID();
    for (let index = 0; index < 50; index += 1) await reserve(here, key, 0);

    expect(await reserve(here, key, 100)).toBe(0);
  });

  it('forgets a key after its longest wait without an attempt, and not before', async () => {
    const [here, there] = make();
    const [forgotten, remembered] = [randomUUID(), randomUUID()];
    for (const key of [forgotten, remembered]) {
      await reserve(here, key, 0);
      await reserve(here, key, 0);
    }

    const afterTheWait = [
      await reserve(there, forgotten, 400),
      await reserve(there, forgotten, 400),
    ];
    const beforeItsEnd = [
      await reserve(there, remembered, 399),
      await reserve(there, remembered, 399),
    ];

    expect([afterTheWait, beforeItsEnd]).toEqual([
      [0, 0],
      [0, 400],
    ]);
  });

  it('counts every one of many attempts at once', async () => {
    const [here, there] = make();
    const key = randomUUID();

    const attempts = Array.from({ length: 20 }, (_, index) =>
      reserve(index % 2 === 0 ? here : there, key, 0),
    );

    const admitted = (await Promise.all(attempts)).filter((waitMs) => waitMs === 0);
    expect(admitted).toHaveLength(2);
  });

  it('remembers a key for longer than its longest wait where the limit says so', async () => {
    const [here, there] = make();
    const key = randomUUID();
    for (const at of [0, 0, 100, 500]) await reserve(here, key, at, LONG_MEMORY);

    const waits = [];
    for (const at of [899, 900, 10_899, 10_900, 20_899, 20_899, 20_899]) {
      waits.push(await reserve(there, key, at, LONG_MEMORY));
    }

    expect(waits).toEqual([1, 0, 0, 399, 0, 0, 100]);
  });

  it('that was given an attempt back counts as if it had never been made', async () => {
    const [here, there] = make();
    const key = randomUUID();
    await reserve(here, key, 0);
    await reserve(here, key, 0);
    const third = await reservation(here, key, 100);
    const whileItIsCounted = await reserve(there, key, 150);

    await there.giveBack(third);

    expect(whileItIsCounted).toBe(350);
    expect(await here.attempts(key)).toEqual([NOW, NOW]);
    expect(await reserve(here, key, 99)).toBe(1);
    expect(await reserve(here, key, 150)).toBe(0);
  });

  it('takes attempts back in any order, and those of the same instant one by one', async () => {
    const [here, there] = make();
    const key = randomUUID();
    const first = await reservation(here, key, 0);
    const second = await reservation(there, key, 0);
    const third = await reservation(here, key, 200);

    await here.giveBack(first);
    const two = await there.attempts(key);
    await there.giveBack(third);
    const one = await there.attempts(key);
    await here.giveBack(second);

    expect([two, one, await here.attempts(key)]).toEqual([[NOW, NOW + 200], [NOW], []]);
    expect(await reserve(here, key, 200)).toBe(0);
  });

  it('takes back every one of many attempts at once', async () => {
    const [here, there] = make();
    const key = randomUUID();
    const limit = { ...LIMIT, withoutWait: 9 };
    const reserved = await Promise.all(
      [here, there, here, there, here, there].map((counter) => counter.reserve(key, limit, NOW)),
    );

    const given = reserved.filter((one) => typeof one === 'object');
    await Promise.all(given.map((one) => there.giveBack(one)));

    expect(given).toHaveLength(6);
    expect(await here.attempts(key)).toEqual([]);
  });

  it('takes back nothing of a key that was cleared', async () => {
    const [here, there] = make();
    const key = randomUUID();
    const cleared = await reservation(here, key, 0);
    await there.clear(key);
    await reserve(there, key, 10);

    await here.giveBack(cleared);

    expect(await here.attempts(key)).toEqual([NOW + 10]);
  });

  it('keeps keys apart and forgets one that is cleared', async () => {
    const [here, there] = make();
    const [key, other] = [randomUUID(), randomUUID()];
    for (let index = 0; index < 2; index += 1) {
      await reserve(here, key, 0);
      await reserve(here, other, 0);
    }

    await there.clear(key);

    expect(await reserve(here, key, 0)).toBe(0);
    expect(await reserve(here, other, 0)).toBe(100);
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

describe.each(Object.entries(MAKERS))('known networks %s', (_name, makeStores) => {
  const make = () => makeStores().networks;

  it('are known to every process until their end', async () => {
    const [here, there] = make();
    const account = randomUUID();

    await here.remember(account, '192.0.2.1', NOW + 1000);

    expect(await there.isKnown(account, '192.0.2.1', NOW + 999)).toBe(true);
    expect(await there.isKnown(account, '192.0.2.1', NOW + 1000)).toBe(false);
  });

  it('are known for one account and one network alone', async () => {
    const [here] = make();
    const account = randomUUID();

    await here.remember(account, '192.0.2.1', NOW + 1000);

    expect(await here.isKnown(account, '192.0.2.2', NOW)).toBe(false);
    expect(await here.isKnown(randomUUID(), '192.0.2.1', NOW)).toBe(false);
  });

  it('are known for longer after another login', async () => {
    const [here, there] = make();
    const account = randomUUID();

    await here.remember(account, '192.0.2.1', NOW + 1000);
    await there.remember(account, '192.0.2.1', NOW + 2000);

    expect(await here.isKnown(account, '192.0.2.1', NOW + 1999)).toBe(true);
  });
});

describe('when the table is gone', () => {
  const REFUSAL = { kind: 'unavailable', code: 'login-throttle-unavailable' };

  it('the attempt counter refuses every attempt', async () => {
    const [counter] = inTable('no-such-table').counters;

    await expect(counter.reserve('key', LIMIT, NOW)).rejects.toMatchObject(REFUSAL);
  });

  it('no network is known', async () => {
    const [networks] = inTable('no-such-table').networks;

    await expect(networks.isKnown('account', '192.0.2.1', NOW)).rejects.toMatchObject(REFUSAL);
  });
});
