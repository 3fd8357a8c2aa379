import {
  DEFAULT_OPTIONS,
  NOT_UPLOADED,
  START,
  type ImportRecord,
  type ImportStore,
} from '@sensorflow/csv-import';
import { DynamoDbImportStore } from '@sensorflow/csv-import/dynamodb/dynamodb-import-store.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aBudget } from '../support/budgets.js';
import { startImportsTable } from '../support/imports-table.js';
import { InMemoryImportStore } from '../support/in-memory-import-store.js';
import { anInstant } from '../support/readings.js';

interface Subject {
  readonly store: ImportStore;
  stop(): Promise<void>;
}

const subjects: readonly (readonly [string, () => Promise<Subject>])[] = [
  ['the in-memory twin', async () => ({ store: new InMemoryImportStore(), stop: async () => {} })],
  [
    'the DynamoDB adapter',
    async () => {
      const table = await startImportsTable();
      return {
        store: new DynamoDbImportStore(table.client, table.name),
        stop: () => table.close(),
      };
    },
  ],
];

const ADA = { subject: 'subject-of-ada', name: 'ada' };
const BOB = { subject: 'subject-of-bob', name: 'bob' };
const OBJECT = { etag: 'abc', bytes: 100 };
const STARTED = anInstant('2023-09-01T00:00:01Z');
const lease = (token: string) => ({
  token,
  messageId: `message-of-${token}`,
  seenAtEpochMs: 5,
  released: false,
  renewedAtSteps: 7,
});
const checkpoint = (total: number) => ({
  ...START,
  offset: total * 30,
  line: total + 2,
  rows: { total, accepted: total - 1, rejected: 1 },
  cells: { accepted: 2 * total, rejected: 3, missing: 4 },
  contents: {
    firstTimestamp: anInstant('2023-01-01T00:00:00Z'),
    lastTimestamp: anInstant('2023-01-01T01:00:00.123456789Z'),
    equipment: 2,
    isEquipmentExact: false,
    repeatedRows: 5,
    isRepeatedExact: true,
    lastRows: { metrics: ['a', 'b'], entries: new Uint8Array([1, 2, 0, 255]) },
  },
  bytesProcessed: total * 30,
  timeState: 'EQ-1 1',
  isUnderOtherHeader: true,
  writtenMetrics: 'Temp (°C)\nflow',
  columnFormats: {
    possible: [{ format: 'dd/MM/yyyy', example: '03/04/2023', meaning: '2023-04-03T00:00:00.000' }],
    ruledOut: ['MM/dd/yyyy'],
  },
  dialect: { encoding: 'utf-16le', delimiter: '\t', headerText: 'a\tb', headerLine: 3 } as const,
  report: {
    parts: [
      { run: 1, count: 2 },
      { run: 3, count: 1 },
    ],
    bytes: 77,
    unlisted: 4,
  },
});

describe.each(subjects)('the store of imports: %s', (_, start) => {
  let subject: Subject;
  let store: ImportStore;
  let created = 0;
  let uploadId: string;

  const anImport = (words: Partial<ImportRecord> = {}): ImportRecord => ({
    uploadId,
    createdBy: ADA,
    equipmentEntries: ['EQ-1', 'LINE-1:*'],
    fileName: 'ö "x".csv',
    declaredBytes: 100,
    options: {
      ...DEFAULT_OPTIONS,
      equipmentId: 'EQ-1',
      headerLine: 0,
      names: ['', 'a'],
      timestampFormat: 'dd.MM.yyyy HH:mm',
      timezone: 'Europe/Berlin',
      repeatedHour: 'in-order',
      encoding: 'windows-1252',
      missing: ['', '-200'],
      delimiter: ';',
      decimal: ',',
      columns: new Map([
        ['', null],
        ['__proto__', 'temperature'],
      ]),
    },
    createdAt: anInstant('2023-09-01T00:00:00Z'),
    uploadExpiresAtEpochMs: 1_693_527_300_000,
    ...NOT_UPLOADED,
    ...words,
  });
  const takeOver = (token: string, previousToken?: string) =>
    store.takeOver(uploadId, {
      lease: lease(token),
      previousToken,
      object: OBJECT,
      startedAt: STARTED,
    });

  beforeAll(async () => {
    subject = await start();
    store = subject.store;
  });
  afterAll(() => subject.stop());
  beforeEach(() => {
    created += 1;
    uploadId = `018a4f00-0000-7000-8000-${String(created).padStart(12, '0')}`;
  });

  it('gives back exactly the import that was created, and keeps the first of two', async () => {
    const record = anImport();

    await store.create(record);
    await store.create(anImport({ fileName: 'other.csv' }));

    expect(await store.find(uploadId)).toEqual(record);
    expect(await store.find(uploadId.replace('018a', '018b'))).toBeUndefined();
  });

  it('lists the newest first, page by page', async () => {
    const ids = [7, 8, 9].map((n) => `f18a4f00-0000-7000-8000-00000000000${n}`);
    for (const id of ids) await store.create(anImport({ uploadId: id }));

    const first = await store.list({ limit: 2 });
    const second = await store.list({ limit: 1, before: first.next });

    expect(first.imports.map((record) => record.uploadId)).toEqual([ids[2], ids[1]]);
    expect(first.next).toBe(ids[1]);
    expect(second.imports.map((record) => record.uploadId)).toEqual([ids[0]]);
    expect((await store.list({ limit: 1000 })).next).toBeUndefined();
  });

  it('cost a budget its calls, and are not read for a client that has gone', async () => {
    const reader = new AbortController();
    const budget = aBudget(reader.signal);

    await store.list({ limit: 2 }, budget);
    await store.find(uploadId, budget);
    const { storeCalls } = budget.cost;
    reader.abort();

    expect(storeCalls).toBe(2);
    await expect(store.list({ limit: 2 }, budget)).rejects.toBe(reader.signal.reason);
    await expect(store.find(uploadId, budget)).rejects.toBe(reader.signal.reason);
    expect(budget.cost.storeCalls).toBe(2);
  });

  it('lists those of one subject alone, page by page', async () => {
    const idOf = (n: number) => `f28a4f00-0000-7000-8000-00000000000${n}`;
    const creators = [BOB, ADA, BOB, undefined, BOB];
    for (const [n, createdBy] of creators.entries()) {
      await store.create(anImport({ uploadId: idOf(n), createdBy }));
    }

    const first = await store.list({ limit: 2, subject: BOB.subject });
    const second = await store.list({ limit: 2, subject: BOB.subject, before: first.next });

    expect(first.imports.map((record) => record.uploadId)).toEqual([idOf(4), idOf(2)]);
    expect(second.imports.map((record) => record.uploadId)).toEqual([idOf(0)]);
    expect(second.next).toBeUndefined();
    expect(first.imports.map((record) => record.createdBy)).toEqual([BOB, BOB]);
    expect((await store.find(idOf(3)))?.createdBy).toBeUndefined();
    expect((await store.list({ limit: 2, subject: 'nobody' })).imports).toEqual([]);
  });

  it('queues only what awaits its upload', async () => {
    await store.create(anImport());

    const queued = await store.markQueued(uploadId, OBJECT);

    expect(queued).toMatchObject({ uploadId, status: 'queued', object: OBJECT, createdBy: ADA });
    expect(await store.find(uploadId)).toEqual(queued);
    expect(await store.markQueued(uploadId, { etag: 'other', bytes: 1 })).toBeUndefined();
    await takeOver('a');
    expect(await store.markQueued(uploadId, OBJECT)).toBeUndefined();
    expect(await store.find(uploadId)).toMatchObject({ status: 'importing', object: OBJECT });
    const unknown = uploadId.replace('018a', '018b');
    await expect(store.markQueued(unknown, OBJECT)).resolves.toBeUndefined();
    expect(await store.find(unknown)).toBeUndefined();
  });

  it('gives an import to the run that saw it as it is, and keeps its first object and start', async () => {
    await store.create(anImport());

    const first = await takeOver('a');
    const blind = await takeOver('b');
    const second = await store.takeOver(uploadId, {
      lease: lease('c'),
      previousToken: 'a',
      object: { etag: 'other', bytes: 1 },
      startedAt: anInstant('2024-01-01T00:00:00Z'),
    });

    expect(first).toMatchObject({ status: 'importing', runs: 1, lease: lease('a') });
    expect(blind).toBeUndefined();
    expect(second).toMatchObject({
      runs: 2,
      object: OBJECT,
      startedAt: STARTED,
      lease: lease('c'),
    });
    expect(await store.find(uploadId)).toEqual(second);
  });

  it('answers the same to a takeover that is sent again', async () => {
    await store.create(anImport());
    await takeOver('a');

    const again = await takeOver('a');

    expect(again).toMatchObject({ runs: 1, lease: lease('a') });
  });

  it('creates nothing by taking over what is not there', async () => {
    expect(await takeOver('a')).toBeUndefined();
    expect(await store.find(uploadId)).toBeUndefined();
  });

  it('saves checkpoints of the run that holds the lease, and of no other', async () => {
    await store.create(anImport());
    await takeOver('a');
    await takeOver('b', 'a');

    const ours = await store.saveCheckpoint(uploadId, 'b', checkpoint(10), 99);
    const late = await store.saveCheckpoint(uploadId, 'a', checkpoint(5), 100);

    expect([ours, late]).toEqual([true, false]);
    const record = await store.find(uploadId);
    expect(record?.checkpoint).toEqual(checkpoint(10));
    expect(record?.lease?.seenAtEpochMs).toBe(99);
  });

  it('releases a lease for its holder only', async () => {
    await store.create(anImport());
    await takeOver('a');

    await store.release(uploadId, 'b');
    expect((await store.find(uploadId))?.lease?.released).toBe(false);
    await store.release(uploadId, 'a');
    expect((await store.find(uploadId))?.lease?.released).toBe(true);
    expect(await takeOver('c', 'a')).toBeDefined();
  });

  it('finishes once and for all, and takes the same end twice', async () => {
    await store.create(anImport());
    await takeOver('a');
    const outcome = {
      status: 'failed',
      failure: { code: 'gzip-corrupt', detail: 'It is.' },
      finishedAt: anInstant('2023-09-01T00:00:09Z'),
      checkpoint: checkpoint(20),
    } as const;

    const others = await store.finish(uploadId, 'b', outcome);
    const ours = await store.finish(uploadId, 'a', outcome);
    const again = await store.finish(uploadId, 'a', outcome);

    expect([others, ours, again]).toEqual([false, true, true]);
    expect(await store.find(uploadId)).toMatchObject(outcome);
    expect(await store.saveCheckpoint(uploadId, 'a', checkpoint(30), 1)).toBe(false);
    expect(await takeOver('c', 'a')).toBeUndefined();
    expect((await store.find(uploadId))?.checkpoint).toEqual(checkpoint(20));
  });

  it('keeps how far the hours behind the rows are recomputed', async () => {
    await store.create(anImport());
    await takeOver('a');
    const recomputation = {
      startedAtEpochMs: 7,
      totalHours: 9,
      doneHours: 3,
      nextPart: 2,
      nextHour: 1,
      failure: { code: 'gzip-corrupt', detail: 'It is.' },
    };
    for (const each of [recomputation, { ...recomputation, failure: undefined }]) {
      const saved = { ...checkpoint(10), recomputation: each };

      await store.saveCheckpoint(uploadId, 'a', saved, 99);

      expect((await store.find(uploadId))?.checkpoint).toEqual(saved);
    }
  });

  describe('an import that is taken back', () => {
    const BEGUN = 1_000_000;
    const progress = {
      by: 'ann',
      startedAtEpochMs: BEGUN,
      askedAtEpochMs: BEGUN,
      totalHours: 7,
      doneHours: 3,
      sealedHours: 1,
      nextPart: 2,
      nextHour: 5,
    };
    const begin = (nowEpochMs = BEGUN, by = 'ann') => store.beginUndo(uploadId, by, nowEpochMs);
    const takeOverUndo = (token: string, previousToken?: string) =>
      store.takeOverUndo(uploadId, { lease: lease(token), previousToken });

    it.each(['awaiting-upload', 'queued', 'importing', 'completed', 'failed'] as const)(
      'is undone from %s, once',
      async (status) => {
        await store.create(anImport({ status, checkpoint: checkpoint(5) }));

        const first = await begin();
        const second = await begin(BEGUN + 1, 'bob');

        expect(first).toMatchObject({
          needsRun: true,
          record: {
            status: 'undoing',
            checkpoint: checkpoint(5),
            undo: { by: 'ann', totalHours: undefined, doneHours: 0, nextPart: 1, nextHour: 0 },
          },
        });
        expect(second).toEqual({ needsRun: false, record: first?.record });
        expect(await store.find(uploadId)).toEqual(first?.record);
      },
    );

    it('is no longer its runs’', async () => {
      await store.create(anImport());
      await takeOver('a');
      await begin();

      const outcome = { failure: undefined, finishedAt: STARTED, checkpoint: checkpoint(9) };
      const answers = [
        await store.saveCheckpoint(uploadId, 'a', checkpoint(9), 1),
        await store.finish(uploadId, 'a', { status: 'completed', ...outcome }),
        await takeOver('b', 'a'),
        await store.markQueued(uploadId, OBJECT),
      ];

      expect(answers).toEqual([false, false, undefined, undefined]);
      const record = await store.find(uploadId);
      expect(record).toMatchObject({ status: 'undoing', checkpoint: START });
      expect(record?.lease).toBeUndefined();
    });

    it('asks for another run after 30 s without work, and at most once in 30 s', async () => {
      await store.create(anImport());
      await begin();
      const needsRun = async (afterMs: number) => (await begin(BEGUN + afterMs))?.needsRun;

      const beforeAny = [await needsRun(29_999), await needsRun(30_000), await needsRun(30_001)];
      await takeOverUndo('a');
      await store.saveUndo(uploadId, 'a', progress, BEGUN + 50_000);
      const since = [await needsRun(60_000), await needsRun(80_000), await needsRun(80_001)];

      expect(beforeAny).toEqual([false, true, false]);
      expect(since).toEqual([false, true, false]);
      expect((await store.find(uploadId))?.undo).toEqual({
        ...progress,
        askedAtEpochMs: BEGUN + 80_000,
      });
    });

    it('belongs to the run that saw it as it is', async () => {
      await store.create(anImport());
      const early = await takeOverUndo('a');
      await begin();

      const first = await takeOverUndo('a');
      const again = await takeOverUndo('a');
      const blind = await takeOverUndo('b');
      const second = await takeOverUndo('c', 'a');

      expect([early, blind]).toEqual([undefined, undefined]);
      expect([first?.lease, again?.lease]).toEqual([lease('a'), lease('a')]);
      expect(second).toMatchObject({ status: 'undoing', lease: lease('c'), runs: 0 });
    });

    it('remembers how far it is, as the run says that holds it', async () => {
      await store.create(anImport());
      await begin();
      await takeOverUndo('a');
      await takeOverUndo('b', 'a');

      const answers = [
        await store.saveUndo(uploadId, 'a', { ...progress, doneHours: 1 }, 9),
        await store.saveUndo(uploadId, 'b', progress, 10),
        await store.finishUndo(uploadId, 'a', { ...progress, doneHours: 1 }, STARTED),
      ];
      await store.release(uploadId, 'b');

      expect(answers).toEqual([false, true, false]);
      expect(await store.find(uploadId)).toMatchObject({
        status: 'undoing',
        undo: progress,
        lease: { seenAtEpochMs: 10, released: true },
      });
    });

    it('stays undone, and takes the same end twice', async () => {
      await store.create(anImport());
      await begin();
      await takeOverUndo('a');
      const done = { ...progress, doneHours: 7 };

      const ends = [
        await store.finishUndo(uploadId, 'a', done, STARTED),
        await store.finishUndo(uploadId, 'a', done, STARTED),
      ];

      expect(ends).toEqual([true, true]);
      expect(await begin()).toBeUndefined();
      expect(await store.saveUndo(uploadId, 'a', progress, 9)).toBe(false);
      expect(await takeOver('b')).toBeUndefined();
      expect(await takeOverUndo('b', 'a')).toBeUndefined();
      expect(await store.find(uploadId)).toMatchObject({
        status: 'undone',
        finishedAt: STARTED,
        undo: done,
      });
    });

    it('was there before', async () => {
      expect(await begin()).toBeUndefined();
      expect(await takeOverUndo('a')).toBeUndefined();
      expect(await store.find(uploadId)).toBeUndefined();
    });
  });
});
