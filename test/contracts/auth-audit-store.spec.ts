import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { SystemClock, WorkBudget } from '@sensorflow/kernel';
import type { AuditEntry, AuditQuery, Failure } from '@sensorflow/auth/audit/audit-entry.js';
import type { AuditStore } from '@sensorflow/auth/audit/audit-store.js';
import { DynamoDbAuditStore } from '@sensorflow/auth/dynamodb/dynamodb-audit-store.js';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InMemoryAuditStore } from '../support/in-memory-audit-store.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';

/** The end of a month, so that an entry a little later is in another partition. */
const NOW = Date.parse('2023-01-31T23:59:00Z');
const DAY_MS = 24 * 60 * 60_000;

let table: SessionsTable;

beforeEach(async () => {
  table = await startSessionsTable();
});

afterEach(async () => {
  await table.close();
});

function anEntry(differences: Partial<AuditEntry> = {}): AuditEntry {
  return {
    atEpochMs: NOW,
    actor: 'ada',
    action: 'api-key.create',
    target: 'one',
    address: '203.0.113.7',
    outcome: 'succeeded',
    requestId: randomUUID(),
    count: 1,
    ...differences,
  };
}

const FAILURE: Failure = {
  actor: 'sha256:abc',
  action: 'login',
  target: '',
  address: '203.0.113.7',
  outcome: 'invalid-credentials',
};

const budget = () => new WorkBudget(AbortSignal.timeout(20_000), new SystemClock());

async function all(
  store: AuditStore,
  differences: Partial<AuditQuery> = {},
): Promise<readonly AuditEntry[]> {
  const query: AuditQuery = {
    fromEpochMs: NOW - 100 * DAY_MS,
    toEpochMs: NOW + 100 * DAY_MS,
    actors: undefined,
    action: undefined,
    limit: 100,
    before: undefined,
    ...differences,
  };
  const found: AuditEntry[] = [];
  let before: string | undefined;
  do {
    const page = await store.page({ ...query, before }, budget());
    expect(page.entries.length).toBeLessThanOrEqual(query.limit);
    found.push(...page.entries);
    before = page.next;
  } while (before !== undefined);
  return found;
}

const MAKERS: Readonly<Record<string, () => AuditStore>> = {
  'in memory': () => new InMemoryAuditStore(),
  'in DynamoDB': () => new DynamoDbAuditStore(table.client, table.name),
};

describe.each(Object.entries(MAKERS))('a store of audit entries %s', (_name, make) => {
  it('shows what was put, the newest first, over the end of a month', async () => {
    const store = make();
    const entries = [0, 1, 59_999, 60_000, 61_000, 40 * DAY_MS].map((later) =>
      anEntry({ atEpochMs: NOW + later, target: `after ${later}` }),
    );
    for (const entry of entries) await store.put(entry);

    expect(await all(store)).toEqual(entries.toReversed());
    expect(await all(store, { limit: 2 })).toEqual(entries.toReversed());
    expect(await all(store, { limit: 1 })).toEqual(entries.toReversed());
  });

  it('includes the first instant and excludes the last', async () => {
    const store = make();
    const entries = [0, 10, 20].map((later) => anEntry({ atEpochMs: NOW + later }));
    for (const entry of entries) await store.put(entry);

    expect(await all(store, { fromEpochMs: NOW, toEpochMs: NOW + 20 })).toEqual(
      entries.slice(0, 2).toReversed(),
    );
    expect(await all(store, { fromEpochMs: NOW + 1, toEpochMs: NOW + 10 })).toEqual([]);
  });

  it('finds the entries of an actor, of any of its names, and of an action', async () => {
    const store = make();
    const entries = [
      anEntry({ atEpochMs: NOW }),
      anEntry({ atEpochMs: NOW + 1, actor: 'bob' }),
      anEntry({ atEpochMs: NOW + 2, actor: 'hash-of-ada', action: 'login' }),
    ];
    for (const entry of entries) await store.put(entry);
    const targets = async (query: Partial<AuditQuery>) =>
      (await all(store, { limit: 1, ...query })).map(({ atEpochMs }) => atEpochMs - NOW);

    expect(await targets({ actors: ['ada', 'hash-of-ada'] })).toEqual([2, 0]);
    expect(await targets({ actors: ['carol'] })).toEqual([]);
    expect(await targets({ action: 'login' })).toEqual([2]);
    expect(await targets({ actors: ['ada'], action: 'login' })).toEqual([]);
  });

  it('replaces an entry by how it ended', async () => {
    const store = make();
    const begun = anEntry({ outcome: 'unconfirmed' });
    await store.put(begun);
    await store.put({ ...begun, outcome: 'refused', target: 'two' });

    expect(await all(store)).toEqual([{ ...begun, outcome: 'refused', target: 'two' }]);
  });

  it('adds up failures of the same kind and minute', async () => {
    const store = make();
    await store.addFailures(FAILURE, NOW, 3);
    await store.addFailures(FAILURE, NOW, 4);
    await store.addFailures({ ...FAILURE, outcome: 'login-throttled' }, NOW, 1);
    await store.addFailures(FAILURE, NOW + 60_000, 1);

    const counts = (await all(store)).map(({ atEpochMs, outcome, count }) => [
      atEpochMs - NOW,
      outcome,
      count,
    ]);
    expect(counts[0]).toEqual([60_000, 'invalid-credentials', 1]);
    expect(counts.slice(1).toSorted((a, b) => Number(b[2]) - Number(a[2]))).toEqual([
      [0, 'invalid-credentials', 7],
      [0, 'login-throttled', 1],
    ]);
  });
});

describe('a store of audit entries in DynamoDB', () => {
  it('has them removed after a year and a day', async () => {
    const store = new DynamoDbAuditStore(table.client, table.name);
    await store.put(anEntry());
    await store.addFailures(FAILURE, NOW, 1);

    const { Items = [] } = await table.client.send(new ScanCommand({ TableName: table.name }));

    expect(Items.map(({ expiresAt }) => Number(expiresAt?.N) - NOW / 1000)).toEqual([
      366 * 86_400,
      366 * 86_400,
    ]);
  });

  it('ends a page when its budget is spent, and the next page continues', async () => {
    const store = new DynamoDbAuditStore(table.client, table.name);
    await store.put(anEntry({ atEpochMs: NOW - 300 * DAY_MS }));
    const query = {
      fromEpochMs: NOW - 365 * DAY_MS,
      toEpochMs: NOW,
      actors: undefined,
      action: undefined,
      limit: 10,
      before: undefined,
    };
    const small = new WorkBudget(AbortSignal.timeout(20_000), new SystemClock(), {
      storeCalls: 3,
      ms: 60_000,
    });

    const page = await store.page(query, small);

    expect([page.entries.length, small.cost.storeCalls]).toEqual([0, 3]);
    expect((await store.page({ ...query, before: page.next }, budget())).entries).toHaveLength(1);
  });
});
