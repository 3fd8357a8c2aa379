import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDbEndedSessionStore } from '@sensorflow/auth/dynamodb/dynamodb-ended-session-store.js';
import type { EndedSession, EndedSessionStore } from '@sensorflow/auth/ended-session-store.js';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InMemoryEndedSessionStore } from '../support/in-memory-ended-session-store.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';

const NOW = 1_700_000_000_000;

let table: SessionsTable;

beforeAll(async () => {
  table = await startSessionsTable();
});

afterAll(async () => {
  await table.close();
});

function endedAt(endedAtEpochMs: number): EndedSession {
  return { sessionId: randomUUID(), endedAtEpochMs, keepUntilEpochSeconds: NOW / 1000 + 3600 };
}

const signal = () => AbortSignal.timeout(5000);

const MAKERS: Readonly<Record<string, () => EndedSessionStore>> = {
  'in memory': () => new InMemoryEndedSessionStore(),
  'in DynamoDB': () => new DynamoDbEndedSessionStore(table.client, table.name),
};

describe.each(Object.entries(MAKERS))('a store of ended sessions %s', (_name, make) => {
  beforeEach(async () => table.empty());

  it('shows what was recorded at and after an instant', async () => {
    const store = make();
    const [before, at, after] = [endedAt(NOW - 1), endedAt(NOW), endedAt(NOW + 1)];
    for (const session of [after, before, at]) await store.record(session);

    const ended = await store.endedSince(NOW, signal());

    expect(ended.toSorted((a, b) => a.endedAtEpochMs - b.endedAtEpochMs)).toEqual([at, after]);
    expect(await store.endedSince(0, signal())).toHaveLength(3);
  });

  it('shows nothing when nothing was ended', async () => {
    expect(await make().endedSince(0, signal())).toEqual([]);
  });
});

describe('a store of ended sessions in DynamoDB', () => {
  beforeEach(async () => table.empty());

  it('reads more than one page', async () => {
    const store = new DynamoDbEndedSessionStore(table.client, table.name);
    const long = 'x'.repeat(900);
    const count = 1300;
    for (let index = 0; index < count; index += 1) {
      const sessionId = `${long}${index}`;
      await store.record({ ...endedAt(NOW + index), sessionId });
    }

    expect(await store.endedSince(0, signal())).toHaveLength(count);
  });

  it('fails on an entry that it cannot read, instead of overlooking a logout', async () => {
    const store = new DynamoDbEndedSessionStore(table.client, table.name);
    await table.client.send(
      new PutItemCommand({
        TableName: table.name,
        Item: { partition: { S: 'ended-sessions' }, entry: { S: 'z' } },
      }),
    );

    await expect(store.endedSince(0, signal())).rejects.toThrow(/not an ended session/);
  });
});
