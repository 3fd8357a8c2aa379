import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { registerBodyParsers } from '@sensorflow/platform/http/body-parsers.js';
import { encodeCursor } from '@sensorflow/platform/http/cursor.js';
import { ProblemFilter } from '@sensorflow/platform/http/problem.filter.js';
import { requestValidationPipe } from '@sensorflow/platform/http/request-validation.pipe.js';
import { Retention } from '@sensorflow/sensor-data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trustCallerHeader } from '../../../../test/support/as-caller.js';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryImportQueue } from '../../../../test/support/import-workbench.js';
import { InMemoryImportQuotas } from '../../../../test/support/in-memory-import-quotas.js';
import { InMemoryImportStore } from '../../../../test/support/in-memory-import-store.js';
import { InMemoryUploadStorage } from '../../../../test/support/in-memory-upload-storage.js';
import { CsvImports } from '../job/csv-imports.js';
import { DEFAULT_OPTIONS } from '../grammar/import-options.js';
import { CsvPreviews } from '../preview/csv-preview.js';
import { CsvPreviewController } from './csv-preview.controller.js';
import { ImportsController } from './imports.controller.js';

const MAX_UPLOAD_BYTES = 5000;
const valid = { fileName: 'readings.csv', size: 10 };

let app: NestFastifyApplication;
let clock: FixedClock;
let store: InMemoryImportStore;
let storage: InMemoryUploadStorage;
let queue: InMemoryImportQueue;

beforeEach(async () => {
  clock = new FixedClock();
  store = new InMemoryImportStore();
  storage = new InMemoryUploadStorage();
  queue = new InMemoryImportQueue();
  const quotas = new InMemoryImportQuotas();
  const previews = new CsvPreviews(clock, Retention.FOREVER);
  const ports = { imports: store, quotas, storage, queue, previews, clock };
  const imports = new CsvImports(ports, MAX_UPLOAD_BYTES);
  const testing = await Test.createTestingModule({
    controllers: [ImportsController, CsvPreviewController],
    providers: [
      { provide: CsvImports, useValue: imports },
      { provide: CsvPreviews, useValue: previews },
    ],
  }).compile();
  app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    bodyParser: false,
    logger: false,
  });
  trustCallerHeader(app);
  registerBodyParsers(app.getHttpAdapter().getInstance(), ({ ip }) => ip);
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(requestValidationPipe());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});
afterEach(() => app.close());

async function open(body: unknown, caller = 'ada') {
  return post('upload-csv', JSON.stringify(body), 'application/json', caller);
}

async function post(route: string, payload: string, type = 'application/json', caller = 'ada') {
  const headers = { 'content-type': type, 'x-caller': caller };
  const url = `/sensor-data/${route}`;
  const answer = await app.inject({ method: 'POST', url, headers, payload });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
}

async function get(url: string, caller = 'ada') {
  const headers = { 'x-caller': caller };
  const answer = await app.inject({ method: 'GET', url: `/sensor-data/uploads${url}`, headers });
  return { status: answer.statusCode, body: answer.json() };
}

async function list(query: string, caller?: string) {
  return get(`?${query}`, caller);
}

interface Fault {
  readonly pointer: string;
  readonly code: string;
}

function faultsIn({ body }: { body: { errors: readonly Fault[] } }): readonly string[] {
  return body.errors.map(({ pointer, code }) => `${pointer} ${code}`).toSorted();
}

describe('POST /sensor-data/upload-csv', () => {
  it('keeps what was asked for', async () => {
    const options = {
      equipmentId: 'EQ-1',
      headerLine: 0,
      names: ['T', 'P'],
      timestampFormat: 'dd.MM.yyyy HH:mm',
      timezone: 'UTC+1',
      repeatedHour: 'in-order',
      delimiter: ';',
      decimal: ',',
      encoding: 'windows-1252',
      missing: ['-200'],
      dryRun: true,
    };

    const { status, body } = await open({ ...valid, ...options, columns: { T: null, P: 'p' } });

    expect(status).toBe(201);
    const kept = await store.find(body.uploadId);
    const columns = new Map([
      ['T', null],
      ['P', 'p'],
    ]);
    expect(kept).toMatchObject({ fileName: 'readings.csv', declaredBytes: 10 });
    expect(kept?.options).toStrictEqual({ ...options, columns });
  });

  it.each(Object.keys(DEFAULT_OPTIONS))(
    'takes null for the option %s as if it were absent',
    async (option) => {
      const { status, body } = await open({ ...valid, [option]: null });

      expect(status).toBe(201);
      expect((await store.find(body.uploadId))?.options).toStrictEqual(DEFAULT_OPTIONS);
    },
  );

  it.each([0, -1, 1.5, '10', null, undefined, [10], {}, true])(
    'names the size %j once',
    async (size) => {
      const answer = await open({ ...valid, size });

      expect([answer.status, answer.body.code]).toEqual([400, 'invalid-request']);
      expect(faultsIn(answer)).toEqual(['/size size-invalid']);
    },
  );

  it.each([MAX_UPLOAD_BYTES + 1, 1e300])('names the size %d as too large', async (size) => {
    const answer = await open({ ...valid, size });

    expect([answer.status, answer.body.code]).toEqual([400, 'invalid-request']);
    expect(faultsIn(answer)).toEqual(['/size file-too-large']);
  });

  it('takes a file of exactly the limit', async () => {
    expect((await open({ ...valid, size: MAX_UPLOAD_BYTES })).status).toBe(201);
  });

  it('names a file that is too large together with every other fault', async () => {
    const answer = await open({ fileName: 'x.exe', size: 1e6, timezone: 'Mars/Base', key: 'k' });

    expect([answer.status, answer.body.code]).toEqual([400, 'invalid-request']);
    expect(faultsIn(answer)).toEqual([
      '/fileName file-type-unsupported',
      '/key unknown-property',
      '/size file-too-large',
      '/timezone timezone-invalid',
    ]);
  });

  it('takes commas both for delimiters and for decimals', async () => {
    const answer = await open({ ...valid, delimiter: ',', decimal: ',' });

    expect(answer.status).toBe(201);
  });

  it('asks which zone a word means that zones share, before a row is read', async () => {
    const head = Buffer.from('equipmentId,timestamp,value\nE,2023-02-15 01:30:00,1\n');
    const preview = { fileName: 'x.csv', head: head.toString('base64') };
    const words =
      'ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST';

    for (const timezone of words.split(' ')) {
      for (const answer of [
        await open({ ...valid, timezone }),
        await post('csv-preview', JSON.stringify({ ...preview, timezone })),
      ]) {
        expect([answer.status, faultsIn(answer)]).toEqual([400, ['/timezone timezone-invalid']]);
      }
    }
  });

  it.each([[null], [[]], [[valid]], ['text'], [7], [true]])(
    'refuses the body %j with faults that it names',
    async (body) => {
      const answer = await open(body);

      expect([answer.status, answer.body.code]).toEqual([400, 'invalid-request']);
      expect(answer.body.errors.length).toBeGreaterThan(0);
    },
  );

  it.each([
    ['live', 'equipment-id-reserved'],
    ['', 'equipment-id-missing'],
    ['-EQ', 'equipment-id-invalid'],
    [7, 'equipment-id-invalid'],
  ])('says what is wrong with the equipment %j of a whole file: %s', async (equipmentId, code) => {
    expect(faultsIn(await open({ ...valid, equipmentId }))).toEqual([`/equipmentId ${code}`]);
  });

  it('is documented with its body', () => {
    const config = new DocumentBuilder().setOpenAPIVersion('3.1.0').build();

    const document = SwaggerModule.createDocument(app, config);

    expect(document.paths['/sensor-data/upload-csv']?.post?.requestBody).toEqual({
      required: true,
      content: {
        'application/json': { schema: { $ref: '#/components/schemas/NewImportBody' } },
      },
    });
    expect(document.components?.schemas?.['NewImportBody']).toMatchObject({
      required: ['fileName', 'size'],
      properties: {
        size: { type: 'integer', minimum: 1 },
        timezone: { type: ['string', 'null'] },
        delimiter: { type: ['string', 'null'], enum: [',', ';', '\t', '|', null] },
        columns: { type: ['object', 'null'] },
        dryRun: { type: ['boolean', 'null'] },
      },
    });
  });
});

describe('POST /sensor-data/csv-preview', () => {
  const head = (text: string | Buffer): string => Buffer.from(text).toString('base64');
  const FILE = 'timestamp,value\n2023-02-15T00:00:00Z,1\n';
  const preview = (body: object) => post('csv-preview', JSON.stringify(body));

  it.each(Object.keys(DEFAULT_OPTIONS))(
    'takes the option %s, as an import does',
    async (option) => {
      const body = { fileName: 'a.csv', equipmentId: 'EQ-1', [option]: null, head: head(FILE) };

      expect((await preview(body)).status).toBe(200);
    },
  );

  it('shows the same of a dry run', async () => {
    const body = { fileName: 'a.csv', equipmentId: 'EQ-1', head: head(FILE) };

    const [plain, dry] = await Promise.all([preview(body), preview({ ...body, dryRun: true })]);

    expect(plain.body.readings).toHaveLength(1);
    const options = { ...plain.body.options, dryRun: true };
    expect(dry).toMatchObject({ status: 200, body: { ...plain.body, options } });
    expect((await preview({ ...body, dryRun: 1 })).body.errors).toMatchObject([
      { pointer: '/dryRun', code: 'dry-run-invalid' },
    ]);
  });

  it.each([
    [undefined, /not there/],
    [FILE, /no base64/],
    [`data:text/csv;base64,${head(FILE)}`, /Leave out "data:/],
    [head(FILE).replace(/.{20}/g, '$&\n'), /cut into lines/],
    [Buffer.from('???>>>').toString('base64url'), /base64 for URLs/],
    [head(FILE).slice(0, -3), /cut off/],
    [head(Buffer.alloc(70_000, 'a')), /70000 bytes/],
  ])('says what is wrong with the head %j', async (wrong, said) => {
    const { status, body } = await preview({ fileName: 'a.csv', head: wrong });

    expect([status, body.errors.map(({ code }: Fault) => code)]).toEqual([400, ['head-invalid']]);
    expect(body.errors[0].detail).toMatch(said);
    expect(body.errors[0].detail).toContain('head -c 65536 readings.csv | base64');
  });

  it.each([
    'text/csv',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
  ])('tells who sends the file as %s how to send its head, and to import it', async (type) => {
    const [shown, opened] = await Promise.all(
      ['csv-preview', 'upload-csv'].map((route) => post(route, FILE, type)),
    );

    expect([shown?.status, shown?.body.code]).toEqual([415, 'content-type-unsupported']);
    expect(shown?.body.detail).toContain('"head"');
    expect([opened?.status, opened?.body.detail]).toEqual([
      415,
      expect.stringContaining('two calls'),
    ]);
  });
});

describe('GET /sensor-data/uploads', () => {
  it.each([
    'abc',
    '',
    encodeCursor({ list: 'imports', of: 'subject-of-ada' }, []),
    encodeCursor({ list: 'imports', of: 'subject-of-ada' }, ['nonsense']),
    encodeCursor({ list: 'imports', of: 'all' }, ['018a4f00-0000-7000-8000-000000000000']),
    encodeCursor({ list: 'readings' }, ['018a4f00-0000-7000-8000-000000000000']),
  ])('refuses the cursor %j and points at it', async (cursor) => {
    expect(await list(`cursor=${cursor}`)).toMatchObject({
      status: 400,
      body: { code: 'cursor-invalid', errors: [{ pointer: '/cursor', code: 'cursor-invalid' }] },
    });
  });

  it('shows everyone their own imports, and administrators all, page by page', async () => {
    const opened: Record<string, string> = {};
    for (const caller of ['ada', 'bob', 'press-machine']) {
      opened[caller] = (await open(valid, caller)).body.uploadId;
      clock.advance(1);
    }

    for (const caller of ['ada', 'bob', 'press-machine']) {
      const { body } = await list('', caller);
      expect(body.items).toMatchObject([{ uploadId: opened[caller], createdBy: caller }]);
      expect(body.nextCursor).toBeNull();
    }
    const all = await list('limit=2', 'root');
    const rest = await list(`limit=2&cursor=${all.body.nextCursor}`, 'root');
    expect([...all.body.items, ...rest.body.items].map(({ createdBy }) => createdBy)).toEqual([
      'press-machine',
      'bob',
      'ada',
    ]);
    expect(await list(`cursor=${all.body.nextCursor}`, 'ada')).toMatchObject({
      status: 400,
      body: { code: 'cursor-invalid' },
    });
  });

  it('asks nothing of the storage, however many imports there are', async () => {
    for (let n = 0; n < 60; n += 1) await open(valid);
    clock.advance(3 * 3_600_000);
    storage.calls.length = 0;

    const { body } = await list('limit=1000');

    expect(body.items).toHaveLength(60);
    expect(new Set(body.items.map((item: { status: string }) => item.status))).toEqual(
      new Set(['expired']),
    );
    expect(storage.calls).toEqual([]);
  });
});

describe('GET /sensor-data/uploads/{id}', () => {
  it('is 404 for the imports of others, as for what never was, and shows all to administrators', async () => {
    const { body } = await open(valid);
    const { uploadId } = body;

    const [own, others, unknown, admins] = await Promise.all([
      get(`/${uploadId}`),
      get(`/${uploadId}`, 'bob'),
      get('/018a4f00-0000-7000-8000-000000000000', 'bob'),
      get(`/${uploadId}`, 'root'),
    ]);

    expect(own).toMatchObject({ status: 200, body: { createdBy: 'ada' } });
    expect(admins).toEqual(own);
    const { requestId: _one, ...refusal } = others.body;
    const { requestId: _other, ...sameRefusal } = unknown.body;
    expect(others).toMatchObject({ status: 404, body: { code: 'import-not-found' } });
    expect(refusal).toEqual(sameRefusal);
  });

  it('shows the options that were given, with which a corrected file can be sent', async () => {
    const given = { columns: { T: null }, timezone: 'UTC+1', decimal: ',' };
    const { body } = await open({ ...valid, ...given });

    const one = await get(`/${body.uploadId}`);
    const listed = await list('');

    const again = await open({ ...valid, ...one.body.options });
    expect(one.body.options).toMatchObject({ ...given, equipmentId: null, dryRun: false });
    expect((await store.find(again.body.uploadId))?.options).toStrictEqual(
      (await store.find(body.uploadId))?.options,
    );
    expect(listed.body.items[0]).not.toHaveProperty('options');
  });
});

describe('DELETE /sensor-data/uploads/{id}', () => {
  const remove = async (uploadId: string, caller = 'ada') => {
    const url = `/sensor-data/uploads/${uploadId}`;
    const headers = { 'x-caller': caller };
    const answer = await app.inject({ method: 'DELETE', url, headers });
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() };
  };

  it('answers 202 with the import, has it taken back once, and 204 when that is done', async () => {
    const { uploadId } = (await open(valid)).body;

    const first = await remove(uploadId);
    const second = await remove(uploadId);

    const undo = { total: null, done: 0, sealed: 0 };
    expect(first).toMatchObject({ status: 202, body: { uploadId, status: 'undoing', undo } });
    expect(second).toEqual(first);
    expect(queue.continued).toEqual([uploadId]);
    clock.advance(30_000);
    expect((await remove(uploadId)).status).toBe(202);
    expect(queue.continued).toEqual([uploadId, uploadId]);
    await finishUndo(uploadId);
    expect(await remove(uploadId)).toEqual({ status: 204, body: undefined });
    expect((await get(`/${uploadId}`)).body).toMatchObject({ status: 'undone' });
  });

  it('is 404 for the imports of others, as for what never was, and takes back all for administrators', async () => {
    const { uploadId } = (await open(valid)).body;

    const others = await remove(uploadId, 'bob');
    const unknown = await remove('018a4f00-0000-7000-8000-000000000000');

    expect([others.status, unknown.status]).toEqual([404, 404]);
    expect(others.body).toMatchObject({ code: 'import-not-found' });
    expect((await store.find(uploadId))?.status).toBe('awaiting-upload');
    expect(queue.continued).toEqual([]);
    expect(await remove(uploadId, 'root')).toMatchObject({ status: 202 });
  });

  async function finishUndo(uploadId: string): Promise<void> {
    const lease = { token: 't', messageId: 'm', seenAtEpochMs: 0, released: false };
    const taken = await store.takeOverUndo(uploadId, {
      lease: { ...lease, renewedAtSteps: 0 },
      previousToken: undefined,
    });
    if (!taken?.undo) throw new Error('nobody asked for the undo');
    await store.finishUndo(uploadId, 't', taken.undo, taken.createdAt);
  }
});

describe('a caller who opens imports and never uploads', () => {
  it('is refused at the limit until the URLs have expired; others are not', async () => {
    for (let n = 0; n < 100; n += 1) expect((await open(valid)).status).toBe(201);
    clock.advance(60_000);

    const refused = await open(valid);
    const other = await open(valid, 'bob');

    expect(refused).toMatchObject({ status: 429, body: { code: 'too-many-imports' } });
    expect(refused.headers['retry-after']).toBe('840');
    expect(refused.body.detail).toContain('100');
    expect(other.status).toBe(201);
    clock.advance(840_001);
    expect((await open(valid)).status).toBe(201);
  });
});
