import { ScanCommand } from '@aws-sdk/client-dynamodb';
import type { ApiKey } from '@sensorflow/auth/api-keys/api-key.js';
import type { ApiKeyStore } from '@sensorflow/auth/api-keys/api-key-store.js';
import { apiKeyHash, newApiKeyText } from '@sensorflow/auth/api-keys/api-key-text.js';
import { DynamoDbApiKeyStore } from '@sensorflow/auth/dynamodb/dynamodb-api-key-store.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InMemoryApiKeyStore } from '../support/in-memory-api-key-store.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';

const NOW = 1_700_000_000_000;

let table: SessionsTable;

beforeAll(async () => {
  table = await startSessionsTable();
});

afterAll(async () => {
  await table.close();
});

function aKey(differences: Partial<ApiKey> = {}): ApiKey {
  const { keyId, key } = newApiKeyText();
  return {
    keyId,
    name: 'press line 1, «Größe»',
    scopes: ['sensorflow/read', 'sensorflow/write'],
    equipmentIds: undefined,
    secretHash: apiKeyHash(key),
    createdAtEpochMs: NOW,
    createdBy: 'ada',
    expiresAtEpochMs: undefined,
    ratePerMinute: undefined,
    maxConnections: undefined,
    revokedAtEpochMs: undefined,
    ...differences,
  };
}

function byId(keys: readonly ApiKey[]): readonly ApiKey[] {
  return keys.toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1));
}

const signal = () => AbortSignal.timeout(5000);

const MAKERS: Readonly<Record<string, () => ApiKeyStore>> = {
  'in memory': () => new InMemoryApiKeyStore(),
  'in DynamoDB': () => new DynamoDbApiKeyStore(table.client, table.name),
};

describe.each(Object.entries(MAKERS))('a store of API keys %s', (_name, make) => {
  beforeEach(async () => table.empty());

  it('keeps every property of a key', async () => {
    const store = make();
    const plain = aKey();
    const full = aKey({
      scopes: ['sensorflow/import'],
      equipmentIds: ['EQ-1', 'LINE-1:*'],
      expiresAtEpochMs: NOW + 5000,
      ratePerMinute: 60,
      maxConnections: 3,
    });
    for (const key of [plain, full]) await store.create(key);

    expect(await store.find(plain.keyId)).toEqual(plain);
    expect(await store.find(full.keyId)).toEqual(full);
    expect(byId(await store.all(signal()))).toEqual(byId([plain, full]));
    expect(await store.find('0'.repeat(16))).toBeUndefined();
  });

  it('tells others what was made and revoked since an instant, in order of time', async () => {
    const store = make();
    const [early, late] = [
      aKey({ createdAtEpochMs: NOW }),
      aKey({ createdAtEpochMs: NOW + 10 }),
    ] as const;
    await store.create(late);
    await store.create(early);
    await store.revoke(early, NOW + 20);

    const revoked = { ...early, revokedAtEpochMs: NOW + 20 };
    expect(await store.changedSince(NOW, signal())).toEqual([early, late, revoked]);
    expect(await store.changedSince(NOW + 11, signal())).toEqual([revoked]);
    expect(await store.changedSince(NOW + 21, signal())).toEqual([]);
  });

  it('knows a revoked key as revoked, and lists it no more', async () => {
    const store = make();
    const [gone, left] = [aKey(), aKey()] as const;
    for (const key of [gone, left]) await store.create(key);

    await store.revoke(gone, NOW + 1);
    await store.revoke(gone, NOW + 1);

    const revoked = { ...gone, revokedAtEpochMs: NOW + 1 };
    expect(await store.find(gone.keyId)).toEqual(revoked);
    expect(byId(await store.all(signal()))).toEqual(byId([revoked, left]));
    expect((await store.page(undefined, 10, undefined)).keys).toEqual([
      { ...left, lastUsedAtEpochMs: undefined },
    ]);
  });

  it('lists keys page by page', async () => {
    const store = make();
    const keys = byId(Array.from({ length: 5 }, () => aKey()));
    for (const key of keys) await store.create(key);

    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await store.page(after, 2, undefined);
      expect(page.keys.length).toBeLessThanOrEqual(2);
      seen.push(...page.keys.map(({ keyId }) => keyId));
      after = page.next;
    } while (after !== undefined);

    expect(seen).toEqual(keys.map(({ keyId }) => keyId));
  });

  it('remembers the last use, whichever order uses are told in', async () => {
    const store = make();
    const key = aKey();
    await store.create(key);

    await store.recordUse(key.keyId, NOW + 900_000);
    await store.recordUse(key.keyId, NOW);
    await store.recordUse('0'.repeat(16), NOW);

    const { keys } = await store.page(undefined, 10, undefined);
    expect(keys).toEqual([{ ...key, lastUsedAtEpochMs: NOW + 900_000 }]);
  });
});

describe('a store of API keys in DynamoDB', () => {
  beforeEach(async () => table.empty());

  it('lets DynamoDB remove expired keys when no process needs them any more', async () => {
    const store = new DynamoDbApiKeyStore(table.client, table.name);
    const [endless, ending] = [aKey(), aKey({ expiresAtEpochMs: NOW + 1000 })] as const;
    for (const key of [endless, ending]) await store.create(key);

    const { Items = [] } = await table.client.send(new ScanCommand({ TableName: table.name }));

    const expiries = Object.fromEntries(
      Items.map(({ partition, keyId, expiresAt }) => [
        `${partition?.S} ${keyId?.S}`,
        expiresAt?.N && Number(expiresAt.N) - NOW / 1000,
      ]),
    );
    expect(expiries).toEqual({
      [`api-keys ${endless.keyId}`]: undefined,
      [`api-keys ${ending.keyId}`]: 30 * 86_400 + 1,
      [`api-key-changes ${endless.keyId}`]: 86_400,
      [`api-key-changes ${ending.keyId}`]: 86_400,
    });
  });
});
