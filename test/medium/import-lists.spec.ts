import { S3Client } from '@aws-sdk/client-s3';
import {
  CsvImports,
  DEFAULT_OPTIONS,
  NOT_UPLOADED,
  START,
  type ImportRecord,
  type ImportViewer,
} from '@sensorflow/csv-import';
import { CsvPreviews } from '@sensorflow/csv-import/preview/csv-preview.js';
import { Retention } from '@sensorflow/sensor-data';
import { DynamoDbImportQuotas } from '@sensorflow/csv-import/dynamodb/dynamodb-import-quotas.js';
import { DynamoDbImportStore } from '@sensorflow/csv-import/dynamodb/dynamodb-import-store.js';
import { S3UploadStorage } from '@sensorflow/csv-import/s3/s3-upload-storage.js';
import { instantFromEpochMs, SystemClock } from '@sensorflow/kernel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sweepExpired } from '../../apps/local/src/dynamodb/sweep-expired.js';
import { findDynoxide } from '../../apps/local/src/dynamodb/find-dynoxide.js';
import { InMemoryImportQueue } from '../support/import-workbench.js';
import { startImportsTable, type ImportsTable } from '../support/imports-table.js';

const COUNT = 1000;
const ADA: ImportViewer = { subject: 'ada', name: 'ada', seesAll: false };
const ROOT: ImportViewer = { subject: 'root', name: 'root', seesAll: true };
const HOUR_MS = 3_600_000;

let table: ImportsTable;
let store: DynamoDbImportStore;
let imports: CsvImports;
const calls: string[] = [];

beforeAll(async () => {
  table = await startImportsTable();
  table.client.middlewareStack.add(
    (next, context) => async (args) => {
      calls.push(String(context['commandName']));
      return next(args);
    },
    { step: 'initialize' },
  );
  // Without a listener: every call to S3 fails.
  const s3 = new S3Client({
    region: 'local',
    endpoint: 'http://127.0.0.1:9',
    maxAttempts: 1,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const clock = new SystemClock();
  store = new DynamoDbImportStore(table.client, table.name);
  const quotas = new DynamoDbImportQuotas(table.client, table.name, clock);
  const storage = new S3UploadStorage(s3, 'uploads');
  const queue = new InMemoryImportQueue();
  const previews = new CsvPreviews(clock, Retention.FOREVER);
  imports = new CsvImports({ imports: store, quotas, storage, queue, previews, clock }, 1000);
});
afterAll(() => table.close());

function idOf(n: number, day: string): string {
  return `018a4f00-${day}-7000-8000-${String(n).padStart(12, '0')}`;
}

function anImport(uploadId: string, words: Partial<ImportRecord> = {}): ImportRecord {
  return {
    uploadId,
    createdBy: ADA,
    equipmentEntries: undefined,
    fileName: 'readings.csv',
    declaredBytes: 100,
    options: DEFAULT_OPTIONS,
    createdAt: instantFromEpochMs(Date.now()),
    uploadExpiresAtEpochMs: Date.now() + 900_000,
    ...NOT_UPLOADED,
    ...words,
  };
}

async function createAll(records: readonly ImportRecord[]): Promise<void> {
  for (let at = 0; at < records.length; at += 50) {
    await Promise.all(records.slice(at, at + 50).map(async (record) => store.create(record)));
  }
  calls.length = 0;
}

describe('a list of a thousand imports', () => {
  it.each([
    ['that nobody uploaded', { uploadExpiresAtEpochMs: Date.now() - 2 * HOUR_MS }, '0001'],
    [
      'with an error report each',
      {
        status: 'completed-with-errors' as const,
        checkpoint: { ...START, rows: { total: 9, accepted: 8, rejected: 1 } },
      },
      '0002',
    ],
  ])('is one call to the store, and none to S3: %s', async (_name, words, day) => {
    const records = Array.from({ length: COUNT }, (_none, n) => anImport(idOf(n, day), words));
    await createAll(records);
    const standstill = monitorEventLoopDelay({ resolution: 1 });
    const startedAt = performance.now();

    standstill.enable();
    const own = await imports.listImports(ADA, { limit: COUNT });
    standstill.disable();

    const ms = performance.now() - startedAt;
    expect(own.imports).toHaveLength(COUNT);
    expect(calls).toEqual(['QueryCommand']);
    const reports = own.imports.filter(({ errorReportUrl }) => errorReportUrl !== null);
    process.stdout.write(
      `${COUNT} imports, ${reports.length} signed: ${ms.toFixed(0)} ms, ` +
        `longest standstill ${(standstill.max / 1e6).toFixed(0)} ms\n`,
    );
    expect((await imports.listImports(ROOT, { limit: COUNT })).imports).toHaveLength(COUNT);
    expect(
      (await imports.listImports({ ...ADA, subject: 'bob' }, { limit: COUNT })).imports,
    ).toEqual([]);
  });

  it('has pages of what one call to the store reads, however large the imports are', async () => {
    const columns = new Map(
      Array.from({ length: 1500 }, (_none, n) => [`column number ${n}`.padEnd(60), `m${n}`]),
    );
    const bob = { subject: 'bob', name: 'bob' };
    const records = Array.from({ length: 20 }, (_none, n) =>
      anImport(idOf(n, '0003'), { createdBy: bob, options: { ...DEFAULT_OPTIONS, columns } }),
    );
    await createAll(records);

    const seen: string[] = [];
    let pages = 0;
    for (let before: string | undefined; pages === 0 || before !== undefined; pages += 1) {
      const page = await imports.listImports({ ...bob, seesAll: false }, { limit: COUNT, before });
      seen.push(...page.imports.map(({ record }) => record.uploadId));
      before = page.next;
    }

    expect(seen).toEqual(records.map(({ uploadId }) => uploadId).toReversed());
    expect(pages).toBeGreaterThan(1);
    expect(calls).toHaveLength(pages);
  });
});

describe('an import whose file never came', () => {
  it("is forgotten by the table's expiry; one whose file came is not", async () => {
    const longAgo = { uploadExpiresAtEpochMs: Date.now() - 15 * 24 * HOUR_MS - 60_000 };
    const [unused, recent, used, finished] = ['1', '2', '3', '4'].map((n) =>
      idOf(Number(n), 'ffff'),
    );
    await store.create(anImport(unused ?? '', longAgo));
    await store.create(
      anImport(recent ?? '', { uploadExpiresAtEpochMs: Date.now() - 14 * 24 * HOUR_MS }),
    );
    await store.create(anImport(used ?? '', longAgo));
    await store.markQueued(used ?? '', { etag: 'e', bytes: 1 });
    await store.create(anImport(finished ?? '', longAgo));
    const taken = await store.takeOver(finished ?? '', {
      lease: { token: 't', messageId: 'm', seenAtEpochMs: 1, released: false, renewedAtSteps: 0 },
      previousToken: undefined,
      object: { etag: 'e', bytes: 1 },
      startedAt: instantFromEpochMs(Date.now()),
    });
    expect(taken).toBeDefined();

    await sweepExpired(findDynoxide(process.env), table.dbPath);

    const kept = await Promise.all(
      [unused, recent, used, finished].map(
        async (id) => (await store.find(id ?? '')) !== undefined,
      ),
    );
    expect(kept).toEqual([false, true, true, true]);
  });
});
