import type { ImportQuotas } from '@sensorflow/csv-import';
import { DynamoDbImportQuotas } from '@sensorflow/csv-import/dynamodb/dynamodb-import-quotas.js';
import { SystemClock } from '@sensorflow/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startImportsTable } from '../support/imports-table.js';
import { InMemoryImportQuotas } from '../support/in-memory-import-quotas.js';

interface Subject {
  readonly quotas: ImportQuotas;
  stop(): Promise<void>;
}

const subjects: readonly (readonly [string, () => Promise<Subject>])[] = [
  [
    'the in-memory twin',
    async () => ({ quotas: new InMemoryImportQuotas(), stop: async () => {} }),
  ],
  [
    'the DynamoDB adapter',
    async () => {
      const table = await startImportsTable();
      return {
        quotas: new DynamoDbImportQuotas(table.client, table.name, new SystemClock()),
        stop: () => table.close(),
      };
    },
  ],
];

const slot = (token: string, uploadId = 'u1') => ({ uploadId, token, takenAtEpochMs: 5 });

describe.each(subjects)('what the imports of a caller take up: %s', (_, start) => {
  let subject: Subject;
  let quotas: ImportQuotas;
  let callers = 0;
  let ada: string;

  beforeAll(async () => {
    subject = await start();
    quotas = subject.quotas;
  });
  afterAll(() => subject.stop());
  beforeEach(() => {
    callers += 1;
    ada = `ada-${callers}`;
  });

  it('is nothing for a stranger', async () => {
    expect(await quotas.find(ada)).toEqual({ open: [], unfinished: [], slots: new Map() });
  });

  it('counts each open import once, up to the limit, for each caller alone', async () => {
    const counted = [];
    for (const id of ['u1', 'u2', 'u1', 'u3']) counted.push(await quotas.addOpen(ada, id, 2));
    const again = await quotas.addOpen(ada, 'u1', 2);
    const others = await quotas.addOpen(`${ada}-other`, 'u9', 2);

    expect([...counted, again, others]).toEqual([true, true, true, false, true, true]);
    expect((await quotas.find(ada)).open.toSorted()).toEqual(['u1', 'u2']);
  });

  it('never counts more than the limit, however many come at once', async () => {
    const ids = Array.from({ length: 20 }, (_none, n) => `u${n}`);

    const counted = await Promise.all(ids.map(async (id) => quotas.addOpen(ada, id, 5)));

    expect(counted.filter(Boolean)).toHaveLength(5);
    expect((await quotas.find(ada)).open).toHaveLength(5);
  });

  it('makes an open import an unfinished one, which counts against the limit too', async () => {
    await quotas.addOpen(ada, 'u1', 2);
    await quotas.addOpen(ada, 'u2', 2);

    await quotas.addUnfinished(ada, 'u1');
    await quotas.addUnfinished(ada, 'u1');
    const answered = await quotas.addUnfinished(ada, 'u2');

    const { open, unfinished } = await quotas.find(ada);
    expect(answered.unfinished.toSorted()).toEqual(unfinished.toSorted());
    expect(answered.open).toEqual(open);
    expect([open, unfinished.toSorted()]).toEqual([[], ['u1', 'u2']]);
    expect(await quotas.addOpen(ada, 'u3', 2)).toBe(false);
    expect(await quotas.addOpen(ada, 'u3', 3)).toBe(true);
  });

  it('forgets what is removed, from whichever list', async () => {
    await quotas.addOpen(ada, 'u1', 9);
    await quotas.addOpen(ada, 'u2', 9);
    await quotas.addOpen(ada, 'u3', 9);
    await quotas.addUnfinished(ada, 'u2');

    await quotas.remove(ada, ['u1', 'u2', 'never-there']);

    expect(await quotas.find(ada)).toEqual({ open: ['u3'], unfinished: [], slots: new Map() });
    await expect(quotas.remove(`${ada}-stranger`, ['u1'])).resolves.toBeUndefined();
  });

  it('gives a slot to one of those who saw it free', async () => {
    await quotas.addOpen(ada, 'u1', 9);

    const taken = await Promise.all(
      ['a', 'b', 'c'].map(async (token) => quotas.takeSlot(ada, 0, slot(token), undefined)),
    );

    expect(taken.filter(Boolean)).toHaveLength(1);
    const winner = ['a', 'b', 'c'][taken.indexOf(true)] ?? '';
    expect(await quotas.takeSlot(ada, 0, slot(winner), undefined)).toBe(true);
    expect((await quotas.find(ada)).slots).toEqual(new Map([[0, slot(winner)]]));
    expect(await quotas.takeSlot(ada, 1, slot('d'), undefined)).toBe(true);
  });

  it('passes a slot on only to a run that saw its holder, and frees it only for its holder', async () => {
    await quotas.takeSlot(ada, 0, slot('a'), undefined);

    const blind = await quotas.takeSlot(ada, 0, slot('b', 'u2'), 'x');
    const seeing = await quotas.takeSlot(ada, 0, slot('c', 'u2'), 'a');
    await quotas.freeSlot(ada, 0, 'a');
    const held = await quotas.find(ada);
    await quotas.freeSlot(ada, 0, 'c');
    await quotas.freeSlot(ada, 0, 'c');

    expect([blind, seeing]).toEqual([false, true]);
    expect(held.slots).toEqual(new Map([[0, slot('c', 'u2')]]));
    expect((await quotas.find(ada)).slots).toEqual(new Map());
  });
});
