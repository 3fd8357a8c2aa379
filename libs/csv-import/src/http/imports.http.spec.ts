import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { registerBodyParsers } from '@sensorflow/platform/http/body-parsers.js';
import { encodeCursor } from '@sensorflow/platform/http/cursor.js';
import { ProblemFilter } from '@sensorflow/platform/http/problem.filter.js';
import { requestValidationPipe } from '@sensorflow/platform/http/request-validation.pipe.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryImportStore } from '../../../../test/support/in-memory-import-store.js';
import { InMemoryUploadStorage } from '../../../../test/support/in-memory-upload-storage.js';
import { CsvImports } from '../csv-imports.js';
import { DEFAULT_OPTIONS } from '../import-options.js';
import { ImportsController } from './imports.controller.js';

const MAX_UPLOAD_BYTES = 5000;
const valid = { fileName: 'readings.csv', size: 10 };

let app: NestFastifyApplication;
let store: InMemoryImportStore;

beforeEach(async () => {
  store = new InMemoryImportStore();
  const storage = new InMemoryUploadStorage();
  const imports = new CsvImports(store, storage, new FixedClock(), MAX_UPLOAD_BYTES);
  const testing = await Test.createTestingModule({
    controllers: [ImportsController],
    providers: [{ provide: CsvImports, useValue: imports }],
  }).compile();
  app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    bodyParser: false,
    logger: false,
  });
  registerBodyParsers(app.getHttpAdapter().getInstance());
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(requestValidationPipe());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});
afterEach(() => app.close());

async function open(body: unknown) {
  const headers = { 'content-type': 'application/json' };
  const payload = JSON.stringify(body);
  const url = '/sensor-data/upload-csv';
  const answer = await app.inject({ method: 'POST', url, headers, payload });
  return { status: answer.statusCode, body: answer.json() };
}

async function list(query: string) {
  const answer = await app.inject({ method: 'GET', url: `/sensor-data/uploads?${query}` });
  return { status: answer.statusCode, body: answer.json() };
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
    const options = { timezone: 'Europe/Berlin', delimiter: ';', decimal: ',', dryRun: true };

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

  it.each(['timezone', 'delimiter', 'decimal', 'columns', 'dryRun'])(
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

  it.each([[null], [[]], [[valid]], ['text'], [7], [true]])(
    'refuses the body %j with faults that it names',
    async (body) => {
      const answer = await open(body);

      expect([answer.status, answer.body.code]).toEqual([400, 'invalid-request']);
      expect(answer.body.errors.length).toBeGreaterThan(0);
    },
  );

  it('is documented with its body', () => {
    const config = new DocumentBuilder().setOpenAPIVersion('3.1.0').build();

    const document = SwaggerModule.createDocument(app, config);

    expect(document.paths['/sensor-data/upload-csv']?.post?.requestBody).toEqual({
      required: true,
      content: {
        'application/json': { schema: { $ref: '#/components/schemas/OpenImportBody' } },
      },
    });
    expect(document.components?.schemas?.['OpenImportBody']).toMatchObject({
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

describe('GET /sensor-data/uploads', () => {
  it.each([
    'abc',
    '',
    encodeCursor({ list: 'imports' }, []),
    encodeCursor({ list: 'imports' }, ['nonsense']),
    encodeCursor({ list: 'readings' }, ['018a4f00-0000-7000-8000-000000000000']),
  ])('refuses the cursor %j and points at it', async (cursor) => {
    expect(await list(`cursor=${cursor}`)).toMatchObject({
      status: 400,
      body: { code: 'cursor-invalid', errors: [{ pointer: '/cursor', code: 'cursor-invalid' }] },
    });
  });
});
