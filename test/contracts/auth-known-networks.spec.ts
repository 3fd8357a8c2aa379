import { DynamoDbKnownNetworks } from '@sensorflow/auth/dynamodb/dynamodb-known-networks.js';
import type { KnownNetworks } from '@sensorflow/auth/known-networks.js';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InMemoryKnownNetworks } from '../support/in-memory-known-networks.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';

const NOW = 1_700_000_000_000;

let table: SessionsTable;

beforeAll(async () => {
  table = await startSessionsTable();
});

afterAll(async () => {
  await table.close();
});

/** Two over one store stand for two processes. */
const MAKERS: Readonly<Record<string, () => readonly [KnownNetworks, KnownNetworks]>> = {
  'in memory': () => {
    const shared = new InMemoryKnownNetworks();
    return [shared, shared];
  },
  'in DynamoDB': () => [
    new DynamoDbKnownNetworks(table.client, table.name),
    new DynamoDbKnownNetworks(table.client, table.name),
  ],
};

describe.each(Object.entries(MAKERS))('known networks %s', (_name, make) => {
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

describe('known networks whose table is gone', () => {
  it('let nobody through', async () => {
    const networks = new DynamoDbKnownNetworks(table.client, 'no-such-table');

    await expect(networks.isKnown('account', '192.0.2.1', NOW)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'login-throttle-unavailable',
    });
  });
});
