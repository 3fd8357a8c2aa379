import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { READINGS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTables } from '../../apps/local/src/dynamodb/ensure-tables.js';
import { sweepExpired } from '../../apps/local/src/dynamodb/sweep-expired.js';
import { addStreamIndexes } from '../../apps/local/src/dynamodb/stream-indexes.js';
import { StreamSource } from '../../apps/local/src/lambda/stream-source.js';
import type { StreamRecord } from '../../apps/local/src/lambda/stream-record.js';
import {
  DYNOXIDE,
  startEmbeddedStore,
  type EmbeddedStore,
} from '../support/lambda-fixtures/embedded-store.js';

let store: EmbeddedStore;
let tableCount = 0;

beforeAll(async () => {
  store = await startEmbeddedStore();
});
afterAll(() => store.close());

async function newTable(): Promise<string> {
  const name = `readings-${(tableCount += 1)}`;
  await ensureTables(store.dynamodb, [{ definition: READINGS_TABLE, name }]);
  addStreamIndexes(store.dbPath);
  return name;
}

async function put(TableName: string, id: string, expiresInSeconds?: number): Promise<void> {
  const expiry = Math.floor(Date.now() / 1000) + (expiresInSeconds ?? 0);
  const Item = {
    equipmentId: { S: id },
    block: { S: '2023-02-15T06#s#30:00#1' },
    ...(expiresInSeconds !== undefined && { expiresAt: { N: String(expiry) } }),
  };
  await store.dynamodb.send(new PutItemCommand({ TableName, Item }));
}

async function idsIn(TableName: string): Promise<readonly string[]> {
  const { Items: items = [] } = await store.dynamodb.send(new ScanCommand({ TableName }));
  return items.map((item) => item['equipmentId']?.S ?? '').toSorted();
}

async function recordsOf(table: string): Promise<readonly StreamRecord[]> {
  const source = new StreamSource(store.streams);
  const arn = await source.findStreamArn(table);
  const [shard] = await source.listShards(arn);
  return (await source.firstPage(arn, shard?.shardId ?? '', 1000)).records;
}

describe('the sweep of expired items', () => {
  it('removes what has expired, in every table, and nothing else', async () => {
    const [one, other] = [await newTable(), await newTable()];
    for (const table of [one, other]) await put(table, 'expired', -5);
    await put(one, 'expires-later', 60);
    await put(one, 'never-expires');

    const removed = await sweepExpired(DYNOXIDE, store.dbPath);

    expect(removed).toBe(2);
    expect(await idsIn(one)).toEqual(['expires-later', 'never-expires']);
    expect(await idsIn(other)).toEqual([]);
    expect(await sweepExpired(DYNOXIDE, store.dbPath)).toBe(0);
  });

  it('leaves a stream record that names the service, as Lambda shows it, and no other record does', async () => {
    const table = await newTable();
    await put(table, 'expired', -5);

    await sweepExpired(DYNOXIDE, store.dbPath);

    const [inserted, removed] = await recordsOf(table);
    expect(inserted).not.toHaveProperty('userIdentity');
    expect(removed).toMatchObject({
      eventName: 'REMOVE',
      userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
      dynamodb: { Keys: { equipmentId: { S: 'expired' } }, OldImage: { equipmentId: {} } },
    });
  });

  it('fails no write beside it, and numbers no two records alike', async () => {
    const table = await newTable();
    await Promise.all(Array.from({ length: 100 }, (_, i) => put(table, `expired-${i}`, -5)));

    const [removed] = await Promise.all([
      sweepExpired(DYNOXIDE, store.dbPath),
      ...Array.from({ length: 100 }, (_, i) => put(table, `kept-${i}`, 60)),
    ]);

    const numbers = (await recordsOf(table)).map(({ dynamodb }) => dynamodb.SequenceNumber);
    expect(removed).toBe(100);
    expect(await idsIn(table)).toHaveLength(100);
    expect(new Set(numbers).size).toBe(300);
  });

  it('says so when it cannot be made', async () => {
    await expect(sweepExpired('/nowhere/dynoxide', store.dbPath)).rejects.toMatchObject({
      cause: { code: 'ENOENT' },
    });
    await expect(sweepExpired('/bin/true', store.dbPath)).rejects.toThrow('without an answer');
  });
});
