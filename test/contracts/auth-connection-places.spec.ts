import type { ConnectionPlaces } from '@sensorflow/auth/connections/connection-places.js';
import { DynamoDbConnectionPlaces } from '@sensorflow/auth/dynamodb/dynamodb-connection-places.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InMemoryConnectionPlaces } from '../support/in-memory-connection-places.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';

const NOW = 1_700_000_000_000;
const UNTIL = NOW + 60_000;

let table: SessionsTable;

beforeAll(async () => {
  table = await startSessionsTable();
});

afterAll(async () => {
  await table.close();
});

const MAKERS: Readonly<Record<string, () => ConnectionPlaces>> = {
  'in memory': () => new InMemoryConnectionPlaces(),
  'in DynamoDB': () => new DynamoDbConnectionPlaces(table.client, table.name),
};

function wish(holder: string, subject = 'sfk_1', most = 2) {
  return { subject, most, holder };
}

describe.each(Object.entries(MAKERS))('places for connections %s', (_name, make) => {
  beforeEach(async () => table.empty());

  it('are as many as there may be, for each caller', async () => {
    const places = make();

    const taken = [
      await places.take(wish('a'), NOW, UNTIL),
      await places.take(wish('b'), NOW, UNTIL),
      await places.take(wish('c'), NOW, UNTIL),
      await places.take(wish('d', 'sfk_2'), NOW, UNTIL),
    ];

    expect(taken.map((place) => place?.holder)).toEqual(['a', 'b', undefined, 'd']);
    expect(new Set(taken.slice(0, 2).map((place) => place?.number))).toEqual(new Set([0, 1]));
  });

  it('are not more when many are taken at once', async () => {
    const places = make();

    const taken = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        places.take(wish(`h${index}`, 'sfk_1', 5), NOW, UNTIL),
      ),
    );

    const numbers = taken.flatMap((place) => (place ? [place.number] : []));
    expect(numbers.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  });

  it('are free again once they are given back, or not renewed in time', async () => {
    const places = make();
    const first = await places.take(wish('a', 'sfk_1', 1), NOW, UNTIL);
    if (!first) throw new Error('no place');
    await places.giveBack(first);
    const second = await places.take(wish('b', 'sfk_1', 1), NOW, UNTIL);
    if (!second) throw new Error('no place');

    expect(await places.renew(second, UNTIL + 60_000)).toBe(true);
    expect(await places.take(wish('c', 'sfk_1', 1), UNTIL, UNTIL + 60_000)).toBeUndefined();
    const third = await places.take(wish('d', 'sfk_1', 1), UNTIL + 60_000, UNTIL + 120_000);
    expect(third?.holder).toBe('d');
  });

  it('that somebody else has meanwhile are neither renewed nor given back', async () => {
    const places = make();
    const lost = await places.take(wish('a', 'sfk_1', 1), NOW, UNTIL);
    if (!lost) throw new Error('no place');
    await places.take(wish('b', 'sfk_1', 1), UNTIL, UNTIL + 60_000);

    expect(await places.renew(lost, UNTIL + 60_000)).toBe(false);
    await places.giveBack(lost);
    expect(await places.take(wish('c', 'sfk_1', 1), UNTIL, UNTIL + 60_000)).toBeUndefined();
  });
});
