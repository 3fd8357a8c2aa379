import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  CsvImporter,
  FairImporter,
  IMPORT_LIMITS,
  ImportUndoer,
  type ImportLimits,
} from '@sensorflow/csv-import';
import { CsvImportModule } from '@sensorflow/csv-import/csv-import.module.js';
import { DynamoDbImportManifest } from '@sensorflow/csv-import/dynamodb/dynamodb-import-manifest.js';
import { DynamoDbImportQuotas } from '@sensorflow/csv-import/dynamodb/dynamodb-import-quotas.js';
import { DynamoDbImportStore } from '@sensorflow/csv-import/dynamodb/dynamodb-import-store.js';
import { S3UploadStorage } from '@sensorflow/csv-import/s3/s3-upload-storage.js';
import { SqsImportQueue } from '@sensorflow/csv-import/sqs/sqs-import-queue.js';
import { SystemClock } from '@sensorflow/kernel';
import { registerBodyParsers } from '@sensorflow/platform/http/body-parsers.js';
import { ProblemFilter } from '@sensorflow/platform/http/problem.filter.js';
import { requestValidationPipe } from '@sensorflow/platform/http/request-validation.pipe.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import {
  GroupCommit,
  LogReadingStore,
  Retention,
  WAITING_GROUP_COMMIT_OPTIONS,
} from '@sensorflow/sensor-data';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uploadBatchHandler } from '../../apps/csv-importer/src/upload-batch-handler.js';
import { startS3Server } from '../../apps/local/src/s3/s3-server.js';
import { MessageQueue } from '../../apps/local/src/sqs/message-queue.js';
import { startSqsServer } from '../../apps/local/src/sqs/sqs-server.js';
import { openUploadsDatabase } from '../../apps/local/src/sqs/uploads-database.js';
import { eventually } from '../support/api-client.js';
import { trustCallerHeader } from '../support/as-caller.js';
import { RecordedRecomputation } from '../support/import-workbench.js';
import { aNameLimit } from '../support/in-memory-metric-names.js';
import { startImportsTable, type ImportsTable } from '../support/imports-table.js';

const BUCKET = 'sensorflow-uploads';
const REGION = 'eu-central-1';
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local-secret' };
const HEAD = 'equipmentId,timestamp,value\n';
const MAX_UPLOAD_BYTES = 5_000_000;

let tables: ImportsTable;
let s3: S3Client;
let queue: MessageQueue;
let importQueue: SqsImportQueue;
let app: NestFastifyApplication;
let url: string;
let readings: LogReadingStore;
let recomputation: RecordedRecomputation;
let handlerWith: (limits: Partial<ImportLimits>) => ReturnType<typeof uploadBatchHandler>;
const logged: string[] = [];
const stops: (() => unknown)[] = [];

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sensorflow-csv-'));
  tables = await startImportsTable();
  queue = new MessageQueue(openUploadsDatabase(dataDir));
  const buckets = [{ name: BUCKET, corsOrigins: [], notifyPrefix: 'uploads/' }];
  const server = { dataDir, port: 0, region: REGION, credentials: CREDENTIALS, queue };
  const s3Server = await startS3Server({ ...server, buckets });
  const sqsServer = await startSqsServer(server);
  const client = { region: REGION, credentials: CREDENTIALS };
  s3 = new S3Client({
    ...client,
    endpoint: s3Server.url,
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const sqs = new SQSClient({ ...client, endpoint: sqsServer.url });
  app = await startApi(tables.client, s3, sqs, sqsServer.queueUrl);
  url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const clock = new SystemClock();
  const blocks = new DynamoDbBlockStore(tables.client, tables.readingsName);
  readings = new LogReadingStore(blocks, Retention.FOREVER, clock);
  const imports = new DynamoDbImportStore(tables.client, tables.name);
  recomputation = new RecordedRecomputation();
  importQueue = new SqsImportQueue(sqs, sqsServer.queueUrl);
  const ports = {
    imports,
    storage: new S3UploadStorage(s3, BUCKET),
    readings: new GroupCommit(blocks, clock, { options: WAITING_GROUP_COMMIT_OPTIONS }),
    queue: importQueue,
    clock,
    retention: Retention.FOREVER,
    names: aNameLimit(clock),
    manifest: new DynamoDbImportManifest(tables.client, tables.name),
    aggregates: recomputation,
  };
  const logger = createLogger('info', { write: (line) => logged.push(line) });
  handlerWith = (limits) =>
    uploadBatchHandler({
      importer: new FairImporter(
        new CsvImporter(ports, { ...IMPORT_LIMITS, ...limits }),
        new ImportUndoer(ports, { ...IMPORT_LIMITS, ...limits }),
        { ...ports, quotas: new DynamoDbImportQuotas(tables.client, tables.name, clock) },
        1,
      ),
      queue: ports.queue,
      logger,
      assertClock: async () => blocks.assertClockNow(),
    });
  stops.push(
    () => app.close(),
    () => s3.destroy(),
    () => sqs.destroy(),
    () => s3Server.close(),
    () => sqsServer.close(),
    () => queue.database.close(),
    () => tables.close(),
    () => rm(dataDir, { recursive: true, force: true }),
  );
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

async function startApi(
  dynamoDb: DynamoDBClient,
  client: S3Client,
  sqs: SQSClient,
  queueUrl: string,
) {
  const module = CsvImportModule.register({
    dynamoDb,
    importsTableName: tables.name,
    s3: client,
    bucketName: BUCKET,
    sqs,
    queueUrl,
    maxUploadBytes: MAX_UPLOAD_BYTES,
  });
  const api = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), {
    logger: false,
    bodyParser: false,
  });
  trustCallerHeader(api);
  registerBodyParsers(api.getHttpAdapter().getInstance(), ({ ip }) => ip);
  api.useGlobalPipes(requestValidationPipe());
  api.useGlobalFilters(new ProblemFilter());
  await api.listen(0, '127.0.0.1');
  return api;
}

/** What an answer may carry; a test looks at what its own answer has. */
interface AnswerBody extends Opened {
  readonly code: string;
  readonly status: string | number;
  readonly errors: readonly { readonly code: string }[];
  readonly items: readonly { readonly uploadId: string; readonly fileName: string }[];
  readonly nextCursor: string;
  readonly failure: { readonly code: string } | null;
  readonly errorReportUrl: string;
}

async function call(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; headers: Headers; body: AnswerBody }> {
  const answer = await fetch(`${url}${path}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  return {
    status: answer.status,
    headers: answer.headers,
    body: (answer.status === 204 ? {} : await answer.json()) as AnswerBody,
  };
}

interface Opened {
  uploadId: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  statusUrl: string;
  expiresAt: string;
  curl: string;
}

async function open(size: number, more: object = {}): Promise<Opened> {
  const answer = await call('POST', '/sensor-data/upload-csv', {
    fileName: 'r.csv',
    size,
    ...more,
  });
  expect(answer.status).toBe(201);
  return answer.body;
}

/** Exactly these headers and these bytes, whatever fetch would have made of them. */
async function put(target: string, headers: Record<string, string>, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(target, { method: 'PUT', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

async function upload(file: Buffer, more: object = {}): Promise<Opened> {
  const opened = await open(file.length, more);
  expect(await put(opened.url, opened.headers, file)).toBe(200);
  return opened;
}

/** Delivers all messages, and those that come of them. */
async function deliver(limits: Partial<ImportLimits> = {}, remaining = () => 900_000) {
  const handler = handlerWith(limits);
  for (let n = 0; n < 100; n += 1) {
    const [message] = queue.receive(1, 60);
    if (!message) return n;
    const { messageId, body } = message;
    const event = { Records: [{ messageId, body }] };
    const answer = await handler(event, { getRemainingTimeInMillis: remaining });
    expect(answer).toEqual({ batchItemFailures: [] });
    queue.delete(message.receiptHandle);
  }
  throw new Error('the queue does not get empty');
}

describe('an import that is taken back', () => {
  it('gives back what it replaced, has its hours recomputed, and says so', async () => {
    const row = (minute: number, value: number) =>
      `EQ-UNDO,2023-02-15T06:0${minute}:00Z,${value}\n`;
    await upload(Buffer.from(HEAD + row(1, 1) + row(2, 2)));
    await deliver();
    const wrong = await upload(Buffer.from(HEAD + row(2, 22) + row(3, 33)));
    await deliver();
    const values = async () => {
      const { readings: found } = await readings.range({
        equipmentId: 'EQ-UNDO',
        order: 'asc',
        limit: 10,
      });
      return found.map((reading) => reading.values.get('value'));
    };
    const before = await values();

    recomputation.recomputed.length = 0;
    const asked = await call('DELETE', wrong.statusUrl);
    await deliver();
    const again = await call('DELETE', wrong.statusUrl);

    expect([asked.status, asked.body.status, again.status]).toEqual([202, 'undoing', 204]);
    expect([before, await values()]).toEqual([
      [1, 22, 33],
      [1, 2],
    ]);
    expect(recomputation.recomputed).toEqual(['EQ-UNDO 2023-02-15T06']);
    const { body } = await call('GET', `/sensor-data/uploads/${wrong.uploadId}`);
    expect(body).toMatchObject({ status: 'undone', undo: { total: 1, done: 1, sealed: 0 } });
  });
});

describe('opening an import', () => {
  it('answers everything that the uploader needs', async () => {
    const answer = await call('POST', '/sensor-data/upload-csv', { fileName: 'r.csv', size: 10 });

    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      uploadId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      method: 'PUT',
      url: expect.stringContaining('/uploads/'),
      headers: { 'content-type': 'text/csv', 'content-length': '10', 'if-none-match': '*' },
      expiresAt: expect.stringMatching(/Z$/),
      statusUrl: `/sensor-data/uploads/${answer.body.uploadId}`,
      curl: expect.stringMatching(/^curl .* -T 'r\.csv' /),
    });
    expect(answer.headers.get('location')).toBe(answer.body.statusUrl);
    const lifeMs = Date.parse(answer.body.expiresAt) - Date.now();
    expect(Math.round(lifeMs / 60_000)).toBe(15);
  });

  it('signs length, type and the refusal to overwrite as headers', async () => {
    const { url: signed } = await open(10);

    const query = new URL(signed).searchParams;

    expect(query.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host;if-none-match');
    expect(query.get('X-Amz-Expires')).toBe('900');
    expect([...query.keys()].filter((name) => /checksum|none-match/i.test(name))).toEqual([]);
  });

  it.each([
    [{}, ['file-name-invalid', 'size-invalid']],
    [{ fileName: '', size: 0 }, ['file-name-invalid', 'size-invalid']],
    [{ fileName: '../x.csv', size: 1 }, ['file-name-invalid']],
    [{ fileName: 'a\\b.csv', size: 1 }, ['file-name-invalid']],
    [{ fileName: 'a\u0000.csv', size: 1 }, ['file-name-invalid']],
    [{ fileName: 'a\r\n.csv', size: 1 }, ['file-name-invalid']],
    [{ fileName: 'gnp\u202excsv.csv', size: 1 }, ['file-name-invalid']],
    [{ fileName: `${'ü'.repeat(126)}.csv`, size: 1 }, ['file-name-invalid']],
    [{ fileName: 7, size: '1' }, ['file-name-invalid', 'size-invalid']],
    [{ fileName: 'x.csv.exe', size: 1.5 }, ['file-type-unsupported', 'size-invalid']],
    [{ fileName: '.csv', size: 1 }, ['file-type-unsupported']],
    [{ fileName: 'x.csv', size: MAX_UPLOAD_BYTES + 1 }, ['file-too-large']],
    [
      {
        fileName: 'x.csv',
        size: 1,
        timezone: 'Mars/Base',
        delimiter: '-',
        decimal: '·',
        dryRun: 'yes',
        columns: { a: 'no way' },
      },
      [
        'columns-invalid',
        'decimal-invalid',
        'delimiter-invalid',
        'dry-run-invalid',
        'timezone-invalid',
      ],
    ],
    [{ fileName: 'x.csv', size: 1, columns: [] }, ['columns-invalid']],
    [{ fileName: 'x.csv', size: 1, columns: 'x' }, ['columns-invalid']],
    [{ fileName: 'x.csv', size: 1, key: 'uploads/mine' }, ['unknown-property']],
  ])('refuses %j', async (body, codes) => {
    const answer = await call('POST', '/sensor-data/upload-csv', body);

    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe('invalid-request');
    const found = answer.body.errors.map(({ code }: { code: string }) => code);
    expect(new Set(found)).toEqual(new Set(codes));
  });

  it.each([[null], [[]], ['text'], [7]])(
    'refuses the body %j with an answer, not a failure',
    async (body) => {
      expect((await call('POST', '/sensor-data/upload-csv', body)).status).toBe(400);
    },
  );
});

describe('the presigned URL', () => {
  const file = Buffer.from(`${HEAD}EQ-1,2023-01-01T00:00:00Z,1\n`);

  it('takes the file from the command that came with it, pasted into a shell', async () => {
    const fileName = "it's $HOME [1-2] {a,b} ü.csv";
    const folder = await mkdtemp(join(tmpdir(), 'sensorflow-curl-'));
    await writeFile(join(folder, fileName), file);
    const { curl, statusUrl } = await open(file.length, { fileName });

    await promisify(execFile)('sh', ['-c', curl], { cwd: folder, timeout: 20_000 });

    expect((await call('GET', statusUrl)).body.status).toBe('queued');
    await deliver();
    expect((await call('GET', statusUrl)).body.status).toBe('completed');
    await rm(folder, { recursive: true });
  });

  it('takes the file once, and never over another', async () => {
    const { url: target, headers } = await open(file.length);

    expect(await put(target, headers, file)).toBe(200);
    expect(await put(target, headers, file)).toBe(412);
    await deliver();
  });

  it('refuses another length, type or key, and an upload that would overwrite', async () => {
    const { url: target, headers } = await open(file.length);
    const longer = { ...headers, 'content-length': String(file.length + 1) };
    const { 'if-none-match': _, ...overwriting } = headers;

    expect(await put(target, longer, Buffer.concat([file, Buffer.from('x')]))).toBe(403);
    expect(await put(target, { ...headers, 'content-type': 'text/html' }, file)).toBe(403);
    expect(await put(target.replace('.csv?', '.csv.gz?'), headers, file)).toBe(403);
    expect(await put(target, overwriting, file)).toBe(403);
    expect(queue.receive(1, 0)).toEqual([]);
  });
});

describe('an import from upload to report', () => {
  it('imports a real file and shows it', async () => {
    const file = await readFile('test/data/ambient-temperature.csv');
    const { uploadId, statusUrl } = await upload(file);
    expect((await call('GET', statusUrl)).body.status).toBe('queued');

    await deliver();

    const shown = await call('GET', statusUrl);
    expect(shown.body).toEqual({
      uploadId,
      createdBy: 'ada',
      fileName: 'r.csv',
      status: 'completed',
      rows: {
        total: 7267,
        accepted: 7267,
        rejected: 0,
        repeated: 0,
        repeatedIsExact: true,
      },
      cells: { accepted: expect.any(Number), rejected: 0, missing: 0 },
      firstTimestamp: '2013-07-04T00:00:00.000Z',
      lastTimestamp: '2014-05-28T15:00:00.000Z',
      equipment: { count: 1, isExact: true },
      rowsPerSecond: expect.any(Number),
      estimatedEndAt: null,
      columns: [
        { key: 'equipmentId', name: 'equipmentId', role: 'equipmentId' },
        { key: 'timestamp', name: 'timestamp', role: 'timestamp' },
        { key: 'value', name: 'value', role: 'value' },
      ],
      headerLine: 1,
      headerText: 'equipmentId,timestamp,value',
      madeMetrics: [],
      recomputation: { total: expect.any(Number), done: expect.any(Number) },
      bytes: { total: file.length, processed: file.length },
      createdAt: expect.stringMatching(/Z$/),
      startedAt: expect.stringMatching(/Z$/),
      finishedAt: expect.stringMatching(/Z$/),
      failure: null,
      errorReportUrl: null,
      options: {
        equipmentId: null,
        columns: {},
        headerLine: null,
        names: null,
        timestampFormat: null,
        timezone: null,
        repeatedHour: 'reject',
        delimiter: null,
        decimal: '.',
        encoding: null,
        missing: null,
        dryRun: false,
      },
    });
    const latest = await readings.latest('EQ-AMBIENT-TEMPERATURE');
    expect(latest?.values.get('value')).toBeTypeOf('number');
  });

  it('hands over and resumes in place, with a report of all parts at the end', async () => {
    const rows = Array.from({ length: 400 }, (_, i) =>
      i % 10 === 3
        ? `EQ-R,no time,=${i}\n`
        : `EQ-R,2023-01-01T00:00:00.${String(i).padStart(3, '0')}Z,${i}\n`,
    );
    const { uploadId, statusUrl } = await upload(Buffer.from(HEAD + rows.join('')), {
      fileName: 'größe "1".csv',
    });
    let asked = 0;

    const deliveries = await deliver({ pieceBytes: 1000, maxBatchRows: 20, checkpointMs: 0 }, () =>
      ++asked % 3 === 0 ? 0 : 900_000,
    );

    expect(deliveries).toBeGreaterThan(3);
    const { body } = await call('GET', statusUrl);
    expect(body).toMatchObject({
      status: 'completed-with-errors',
      rows: { total: 400, accepted: 360, rejected: 40 },
    });
    const report = await fetch(body.errorReportUrl);
    expect(report.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(report.headers.get('content-disposition')).toContain(
      `attachment; filename="gr__e _1_.errors.csv"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%221%22.errors.csv`,
    );
    const lines = (await report.text()).trimEnd().split('\r\n');
    expect(lines).toHaveLength(41);
    expect(lines[1]).toMatch(/^"5","timestamp-malformed",".*","EQ-R","no time","'=3"$/);
    const left = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'reports/' }));
    expect(left.Contents?.map(({ Key }) => Key)).toEqual([`reports/${uploadId}/errors.csv`]);
  });

  it('imports gzip under its own content type', async () => {
    const { headers, statusUrl } = await upload(gzipSync(`${HEAD}EQ-Z,2023-01-01T00:00:00Z,1\n`), {
      fileName: 'r.csv.gz',
    });

    await deliver();

    expect(headers['content-type']).toBe('application/gzip');
    expect((await call('GET', statusUrl)).body.status).toBe('completed');
    expect((await readings.latest('EQ-Z'))?.values.get('value')).toBe(1);
  });

  it('fails a file that is none, and says why', async () => {
    const { statusUrl } = await upload(Buffer.from('PK\u0003\u0004 a spreadsheet'));

    await deliver();

    expect((await call('GET', statusUrl)).body).toMatchObject({
      status: 'failed',
      failure: { code: 'file-not-csv', detail: expect.any(String) },
      errorReportUrl: null,
    });
  });

  it('fails an import whose object was replaced behind its back', async () => {
    const file = Buffer.from(`${HEAD}EQ-Q,2023-01-01T00:00:00Z,1\n`);
    const { uploadId, statusUrl } = await upload(file);
    const [message] = queue.receive(1, 60);
    const Key = `uploads/${uploadId}.csv`;
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'other' }));
    await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));

    const { messageId, body } = message ?? { messageId: '', body: '' };
    await handlerWith({})(
      { Records: [{ messageId, body }] },
      { getRemainingTimeInMillis: () => 900_000 },
    );

    expect((await call('GET', statusUrl)).body.failure?.code).toBe('file-replaced');
    await deliver();
  });

  it('shows a dry run as one', async () => {
    const { statusUrl } = await upload(Buffer.from(`${HEAD}EQ-D,2023-01-01T00:00:00Z,1\n`), {
      dryRun: true,
    });

    await deliver();

    expect((await call('GET', statusUrl)).body).toMatchObject({
      status: 'completed',
      dryRun: true,
    });
    expect(await readings.latest('EQ-D')).toBeUndefined();
  });
});

describe('the importer as a function', () => {
  const context = { getRemainingTimeInMillis: () => 900_000 };
  const invoke = async (...bodies: string[]) =>
    handlerWith({})({ Records: bodies.map((body, i) => ({ messageId: `m${i}`, body })) }, context);

  it("ignores S3's test event, foreign objects and objects without an import, with a line in the log", async () => {
    logged.length = 0;
    const event = (key: string, eventName = 'ObjectCreated:Put') =>
      JSON.stringify({ Records: [{ eventName, s3: { object: { key, size: 3, eTag: 'e' } } }] });

    const answer = await invoke(
      JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent' }),
      event('uploads/my+file%21.csv'),
      event('uploads/018a4f00-0000-7000-8000-00000000dead.csv'),
      event('uploads/018a4f00-0000-7000-8000-00000000dead.csv', 'ObjectRemoved:Delete'),
      JSON.stringify({ continueImport: '018a4f00-0000-7000-8000-00000000dead' }),
    );

    expect(answer).toEqual({ batchItemFailures: [] });
    const lines: { because?: string; outcome?: string }[] = logged.map((line) => JSON.parse(line));
    expect(lines.map(({ because, outcome }) => because ?? outcome).filter(Boolean)).toEqual([
      'S3 tested its notifications',
      'not an upload',
      'not-an-import',
      'not a new object',
      'not-an-import',
    ]);
  });

  it('reports messages that it cannot read, and does the others', async () => {
    const answer = await invoke('not json', '{"Records":[{}]}', '{"Event":"s3:TestEvent"}', '[]');

    expect(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual([
      'm0',
      'm1',
      'm3',
    ]);
  });
});

describe('listing imports', () => {
  it('shows the newest first, page by page', async () => {
    const newest = await open(5, { fileName: 'newest.csv' });

    const first = await call('GET', '/sensor-data/uploads?limit=2');
    const cursor = encodeURIComponent(first.body.nextCursor);
    const second = await call('GET', `/sensor-data/uploads?limit=1000&cursor=${cursor}`);

    expect(first.body.items[0]).toMatchObject({
      uploadId: newest.uploadId,
      fileName: 'newest.csv',
    });
    const ids = [...first.body.items, ...second.body.items].map(({ uploadId }) => uploadId);
    expect(ids).toEqual(ids.toSorted((a, b) => (a > b ? -1 : 1)));
    expect(new Set(ids).size).toBe(ids.length);
    expect(second.body.nextCursor).toBeNull();
  });

  it.each([
    ['limit=0', 'invalid-request'],
    ['limit=1001', 'invalid-request'],
    ['limit=x', 'invalid-request'],
    ['cursor=abc', 'cursor-invalid'],
    ['cursor=a&cursor=b', 'invalid-request'],
    ['colour=red', 'invalid-request'],
  ])('refuses %s', async (query, code) => {
    const answer = await call('GET', `/sensor-data/uploads?${query}`);

    expect([answer.status, answer.body.code]).toEqual([400, code]);
  });

  it.each(['nonsense', '018a4f00-0000-7000-8000-00000000dead', '..%2f..%2fetc', '%00'])(
    'knows no import %s',
    async (id) => {
      const answer = await call('GET', `/sensor-data/uploads/${id}`);

      expect([answer.status, answer.body.code]).toEqual([404, 'import-not-found']);
    },
  );
});

describe('the queue of imports', () => {
  it('knows whether messages wait, now or later, and not those that are worked on', async () => {
    const waiting = [await importQueue.hasWaiting()];

    await importQueue.continueImport('018a4f00-0000-7000-8000-000000000000');
    waiting.push(await importQueue.hasWaiting());
    const [taken] = queue.receive(1, 60);
    waiting.push(await importQueue.hasWaiting());
    await importQueue.continueImport('018a4f00-0000-7000-8000-000000000001', 1);
    waiting.push(await importQueue.hasWaiting());

    expect(waiting).toEqual([false, true, false, true]);
    expect(queue.receive(1, 60)).toEqual([]);
    await eventually(
      async () => Promise.resolve(queue.receive(1, 60)),
      ([delayed]) => queue.delete(delayed?.receiptHandle ?? ''),
    );
    queue.delete(taken?.receiptHandle ?? '');
  });

  it('delivers a message that failed again when it is asked to', async () => {
    await importQueue.continueImport('018a4f00-0000-7000-8000-000000000002');
    const [first] = queue.receive(1, 5400);

    await importQueue.retryAfter(first?.receiptHandle ?? '', 0);

    const [second] = queue.receive(1, 5400);
    expect(second).toMatchObject({ messageId: first?.messageId, receiveCount: 2 });
    await expect(importQueue.retryAfter(first?.receiptHandle ?? '', 0)).rejects.toMatchObject({
      code: 'queue-unavailable',
    });
    queue.delete(second?.receiptHandle ?? '');
  });
});
