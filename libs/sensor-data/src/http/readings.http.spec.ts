import 'reflect-metadata';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import type { Caller } from '@sensorflow/auth';
import { rememberCaller } from '@sensorflow/auth/http/auth.decorators.js';
import { SystemClock, WorkBudget } from '@sensorflow/kernel';
import { registerBodyParsers } from '@sensorflow/platform/http/body-parsers.js';
import { ProblemFilter } from '@sensorflow/platform/http/problem.filter.js';
import { READ_SCHEDULER_LIMITS, ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { requestValidationPipe } from '@sensorflow/platform/http/request-validation.pipe.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import type { InMemoryMetricNames } from '../../../../test/support/in-memory-metric-names.js';
import type { InMemoryBlockStore } from '../../../../test/support/in-memory-block-store.js';
import { sensorDataInMemory } from '../../../../test/support/sensor-data-in-memory.js';
import { SensorDataService } from '../sensor-data.service.js';
import { BatchController } from './batch.controller.js';
import { SensorDataController } from './sensor-data.controller.js';

const valid = { equipmentId: 'EQ-12495', timestamp: '2023-02-15T01:30:00.000-05:00', value: 78.42 };

const CALLER: Caller = {
  kind: 'machine',
  subject: 'gateway',
  username: 'gateway',
  scopes: new Set(['sensorflow/read', 'sensorflow/write', 'sensorflow/admin']),
  expiresAtEpochSeconds: Infinity,
};

let app: NestFastifyApplication;
let blocks: InMemoryBlockStore;
let registered: InMemoryMetricNames;
let reads: ReadScheduler;
let clock: FixedClock;

beforeEach(async () => {
  reads = new ReadScheduler();
  clock = new FixedClock('2023-09-01T00:00:00.731Z');
  const { sensorData, ...parts } = sensorDataInMemory(undefined, undefined, clock);
  blocks = parts.blocks;
  registered = parts.names;
  const testing = await Test.createTestingModule({
    controllers: [SensorDataController, BatchController],
    providers: [
      { provide: SensorDataService, useValue: sensorData },
      { provide: ReadScheduler, useValue: reads },
    ],
  }).compile();
  app = testing.createNestApplication<NestFastifyApplication>(
    new FastifyAdapter({ routerOptions: { maxParamLength: 384 } }),
    {
      bodyParser: false,
      logger: false,
    },
  );
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onRequest', async (request) => rememberCaller(request, CALLER));
  registerBodyParsers(server, ({ ip }) => ip);
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(requestValidationPipe());
  await app.init();
  await server.ready();
});
afterEach(() => app.close());

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Record<string, unknown>;
}

async function post(url: string, payload: string | object, contentType = 'application/json') {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return answerOf(
    await app.inject({
      method: 'POST',
      url,
      payload: text,
      headers: { 'content-type': contentType },
    }),
  );
}

async function get(url: string): Promise<Answer> {
  return answerOf(await app.inject({ method: 'GET', url }));
}

function answerOf(response: {
  statusCode: number;
  headers: Record<string, unknown>;
  json(): Record<string, unknown>;
}): Answer {
  return { status: response.statusCode, body: response.json(), headers: response.headers };
}

async function postSeconds(count: number): Promise<void> {
  const readings = Array.from({ length: count }, (_, second) => ({
    equipmentId: 'EQ-1',
    timestamp: `2023-01-01T00:00:${String(second).padStart(2, '0')}Z`,
    value: second,
  }));
  expect((await post('/sensor-data/batch', readings)).status).toBe(201);
}

function valuesOf(answer: Answer): unknown {
  const { items } = answer.body;
  return Array.isArray(items) ? items.map(({ value }) => value) : items;
}

describe('POST /sensor-data', () => {
  it('answers 201 with what was sent, in canonical form', async () => {
    const answer = await post('/sensor-data', { ...valid, tags: { cipId: 'CIP_001' } });

    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      equipmentId: 'EQ-12495',
      timestamp: '2023-02-15T06:30:00.000Z',
      value: 78.42,
      values: { value: 78.42 },
      tags: { cipId: 'CIP_001' },
      registerTime: '2023-09-01T00:00:00.731Z',
    });
  });

  it.each([[{ value: 1, other: 2 }], [{ temperature: 1 }]])(
    'shows other metrics as values alone: %j',
    async (values) => {
      const { value: _, ...rest } = valid;

      const answer = await post('/sensor-data', { ...rest, values });

      expect(answer.body).toMatchObject({ values });
      expect(answer.body).not.toHaveProperty('value');
      expect(answer.body).not.toHaveProperty('tags');
    },
  );

  it('shows what was sent, and leaves what it merged with to the reads', async () => {
    const { value: _, ...identity } = valid;
    await post('/sensor-data', { ...identity, values: { temperature: 20, pressure: 2 } });

    const answer = await post('/sensor-data', {
      ...identity,
      value: null,
      values: { value: 1, temperature: 21, pressure: null },
    });

    expect(answer).toMatchObject({ status: 201, body: { values: { value: 1, temperature: 21 } } });
    expect(answer.body['values']).not.toHaveProperty('pressure');
    const latest = await get('/sensor-data/EQ-12495/latest');
    expect(latest.body['values']).toEqual({ value: 1, temperature: 21, pressure: 2 });
    expect(latest.body).not.toHaveProperty('value');
  });

  it.each([
    [{ value: null }, '/value', 'value-missing'],
    [{ values: { temperature: null } }, '/values', 'values-empty'],
  ])('answers 400 to a reading without a metric: %j', async (metrics, pointer, code) => {
    const { value: _, ...identity } = valid;

    expect(await post('/sensor-data', { ...identity, ...metrics })).toMatchObject({
      status: 400,
      body: { code: 'invalid-reading', errors: [{ pointer, code }] },
    });
  });

  it('answers 400 with every fault', async () => {
    const answer = await post('/sensor-data', { ...valid, value: '1.5', timestamp: 'now', x: 1 });

    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({
      code: 'invalid-reading',
      errors: [
        { pointer: '/x', code: 'unknown-property' },
        { pointer: '/timestamp', code: 'timestamp-malformed' },
        { pointer: '/value', code: 'value-not-a-number' },
      ],
    });
  });

  it.each(['null', '[]', '"x"', '5', '{}'])('answers 400 to the JSON document %s', async (text) => {
    expect(await post('/sensor-data', text)).toMatchObject({
      status: 400,
      body: { code: 'invalid-reading' },
    });
  });

  it('answers 400 to no body at all', async () => {
    expect(answerOf(await app.inject({ method: 'POST', url: '/sensor-data' })).status).toBe(400);
  });

  it.each(['1e400', '-1e400', '1e-400', '1e101'])('refuses the number %s', async (number) => {
    const text = JSON.stringify(valid).replace('78.42', number);

    const answer = await post('/sensor-data', text);

    expect(answer.body).toMatchObject({
      errors: [{ pointer: '/value', code: 'value-out-of-range' }],
    });
  });

  it('takes no more than 256 KiB', async () => {
    const large = await post('/sensor-data', { ...valid, x: 'x'.repeat(256 * 1024) });

    expect([large.status, large.body['code']]).toEqual([413, 'body-too-large']);
  });

  const ONE = 'application/json';
  const BOTH = 'application/json or application/x-ndjson';

  it.each([
    ['/sensor-data', 'application/x-ndjson', `takes ${ONE} in UTF-8, not application/x-ndjson.`],
    ['/sensor-data', 'application/json; charset=latin1', `takes ${ONE} in UTF-8, not `],
    ['/sensor-data', '', `takes ${ONE} in UTF-8, not a body without Content-Type.`],
    ['/sensor-data', 'application/json/x', `takes ${ONE} in UTF-8, not application/json/x.`],
    ['/sensor-data/batch', 'text/csv', `takes ${BOTH} in UTF-8, not text/csv.`],
    ['/sensor-data/batch', '{}', `takes ${BOTH} in UTF-8, not {}.`],
    ['/sensor-data/batch', `x/${'y'.repeat(500)}`, `takes ${BOTH} in UTF-8, not x/yyy`],
  ])('says what %s takes instead of %j', async (url, contentType, detail) => {
    const { status, body } = await post(url, '[]', contentType);

    expect([status, body['code']]).toEqual([415, 'content-type-unsupported']);
    expect(body['detail']).toContain(detail);
    expect(String(body['detail']).length).toBeLessThan(250);
  });

  it.each([
    ['not-stored', 'write-not-accepted'],
    ['clock-wrong', 'server-clock-wrong'],
    ['unknown', 'outcome-unknown'],
  ] as const)('answers 503 with Retry-After when it stays %s', async (outcome, code) => {
    blocks.failPuts(() => outcome);

    const answer = await post('/sensor-data', valid);

    expect(answer).toMatchObject({ status: 503, body: { code } });
    expect(answer.headers['retry-after']).toBe('1');
  });
});

describe('POST /sensor-data/batch', () => {
  it('answers 201 when all are stored', async () => {
    const answer = await post('/sensor-data/batch', [valid, { ...valid, equipmentId: 'EQ-2' }]);

    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ stored: 2, rejected: [], unconfirmed: [] });
  });

  it('answers 207 when some are rejected', async () => {
    const answer = await post('/sensor-data/batch', [valid, { ...valid, value: null }]);

    expect(answer.status).toBe(207);
    expect(answer.body).toMatchObject({
      stored: 1,
      rejected: [{ index: 1, pointer: '/value', code: 'value-missing' }],
      unconfirmed: [],
    });
  });

  it('answers 400 with the verdict when none is valid', async () => {
    const answer = await post('/sensor-data/batch', [{}]);

    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'no-valid-reading', stored: 0, unconfirmed: [] },
    });
    expect(answer.body['rejected']).toHaveLength(3);
  });

  it.each([
    ['{}', 'batch-not-an-array'],
    ['"[]"', 'batch-not-an-array'],
    ['null', 'batch-not-an-array'],
    ['[]', 'batch-empty'],
    ['[1,]', 'json-malformed'],
  ])('answers 400 without a verdict to the document %s', async (text, code) => {
    const answer = await post('/sensor-data/batch', text);

    expect(answer).toMatchObject({ status: 400, body: { code } });
    expect(answer.body).not.toHaveProperty('stored');
  });

  it('answers 400 to 10,001 readings, in either form', async () => {
    const json = await post('/sensor-data/batch', `[${Array(10_001).fill('1').join()}]`);
    const lines = await post('/sensor-data/batch', '1\n'.repeat(10_001), 'application/x-ndjson');

    expect([json.body['code'], lines.body['code']]).toEqual([
      'too-many-readings',
      'too-many-readings',
    ]);
  });

  it('answers 503 with the verdict when some stay unconfirmed', async () => {
    blocks.failPuts(({ equipmentId }) => (equipmentId === 'EQ-2' ? 'unknown' : undefined));

    const answer = await post('/sensor-data/batch', [
      valid,
      { ...valid, equipmentId: 'EQ-2' },
      { ...valid, value: 'x' },
    ]);

    expect(answer).toMatchObject({
      status: 503,
      body: {
        code: 'batch-unconfirmed',
        stored: 1,
        rejected: [{ index: 2 }],
        unconfirmed: [1],
      },
    });
    expect(answer.headers['retry-after']).toBe('1');
  });

  it('takes NDJSON: blank lines do not count, a broken line is a rejected reading', async () => {
    const lines = [
      '',
      JSON.stringify(valid),
      '  ',
      '{"equipmentId":',
      '[1]',
      JSON.stringify(valid),
    ];

    const answer = await post('/sensor-data/batch', lines.join('\r\n'), 'application/x-ndjson');

    expect(answer.status).toBe(207);
    expect(answer.body).toMatchObject({
      stored: 2,
      rejected: [
        { index: 1, pointer: '', code: 'json-malformed' },
        { index: 2, pointer: '', code: 'reading-not-an-object' },
      ],
    });
  });

  it('answers 400 to NDJSON without a line', async () => {
    const answer = await post('/sensor-data/batch', '\n \n', 'application/x-ndjson; charset=utf-8');

    expect(answer).toMatchObject({ status: 400, body: { code: 'batch-empty' } });
  });

  it('rejects a line that is nested too deeply and takes the others', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

    const answer = await post(
      '/sensor-data/batch',
      `${JSON.stringify(valid)}\n${deep}\n`,
      'application/x-ndjson',
    );

    expect(answer).toMatchObject({
      status: 207,
      body: { rejected: [{ index: 1, code: 'json-too-deep' }] },
    });
  });

  it.each([
    ['application/json', (texts: readonly string[]) => `[${texts.join()}]`],
    ['application/x-ndjson', (texts: readonly string[]) => texts.join('\n')],
  ])(
    'rejects a name that stands twice and a reading of 256 KiB alone: %s',
    async (type, listOf) => {
      const twice = `{"value":1,${JSON.stringify(valid).slice(1)}`;
      const large = JSON.stringify({ ...valid, tags: { cipId: 'x'.repeat(256 * 1024) } });

      const answer = await post(
        '/sensor-data/batch',
        listOf([twice, large, JSON.stringify(valid)]),
        type,
      );

      expect(answer).toMatchObject({
        status: 207,
        body: {
          stored: 1,
          rejected: [
            { index: 0, pointer: '/value', code: 'json-duplicate-key' },
            { index: 1, pointer: '', code: 'element-too-large' },
          ],
        },
      });
    },
  );

  it('stores nothing of an array that turns out to be no JSON at its end', async () => {
    const readings = `${JSON.stringify(valid)},`.repeat(9_000);

    const answer = await post('/sensor-data/batch', `[${readings}{"value":}]`);

    expect(answer).toMatchObject({ status: 400, body: { code: 'json-malformed' } });
    expect(blocks.all('EQ-12495')).toEqual([]);
  });
});

describe('GET /sensor-data/{equipmentId}', () => {
  it('lists readings in order of time, 100 unless said otherwise', async () => {
    await postSeconds(3);

    const answer = await get('/sensor-data/EQ-1');

    expect(answer.status).toBe(200);
    expect(valuesOf(answer)).toEqual([0, 1, 2]);
    expect(answer.body['nextCursor']).toBeNull();
  });

  it('includes from and excludes to, whatever their offset', async () => {
    await postSeconds(10);

    const answer = await get(
      '/sensor-data/EQ-1?from=2023-01-01T01:00:02%2B01:00&to=2022-12-31T19:00:05-05:00&order=desc',
    );

    expect(valuesOf(answer)).toEqual([4, 3, 2]);
  });

  it('pages through a range with a cursor', async () => {
    await postSeconds(10);
    const range = '/sensor-data/EQ-1?from=2023-01-01T00:00:01Z&to=2023-01-01T00:00:08Z&limit=3';

    const pages = [await get(range)];
    for (let i = 0; i < 2; i += 1) {
      pages.push(await get(`${range}&cursor=${String(pages.at(-1)?.body['nextCursor'])}`));
    }

    expect(pages.map(valuesOf)).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    expect(pages.at(-1)?.body['nextCursor']).toBeNull();
  });

  it.each(['asc', 'desc'])('pages across what was removed: %s', async (order) => {
    await postSeconds(10);
    for (const second of [0, 3, 4, 5, 9]) {
      const url = `/sensor-data/EQ-1/2023-01-01T00:00:0${second}Z`;
      expect((await app.inject({ method: 'DELETE', url })).statusCode).toBe(204);
    }
    const query = `/sensor-data/EQ-1?limit=2&order=${order}`;

    const pages = [await get(query)];
    for (let next = pages[0]?.body['nextCursor']; typeof next === 'string';) {
      const page = await get(`${query}&cursor=${next}`);
      pages.push(page);
      next = page.body['nextCursor'];
    }

    const expected = order === 'asc' ? [[1, 2], [6, 7], [8]] : [[8, 7], [6, 2], [1]];
    expect(pages.map(valuesOf)).toEqual(expected);
  });

  it.each(['from', 'to'])('takes the first and the last instant of time as %s', async (bound) => {
    await postSeconds(1);
    for (const instant of ['1970-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z']) {
      expect((await get(`/sensor-data/EQ-1?${bound}=${instant}`)).status).toBe(200);
    }
  });

  it('refuses a cursor of another query', async () => {
    await postSeconds(10);
    const cursor = String((await get('/sensor-data/EQ-1?limit=3')).body['nextCursor']);

    const answers = await Promise.all(
      [
        `/sensor-data/EQ-2?cursor=${cursor}`,
        `/sensor-data/EQ-1?order=desc&cursor=${cursor}`,
        `/sensor-data/EQ-1?from=2023-01-01T00:00:00Z&cursor=${cursor}`,
        '/sensor-data/EQ-1?cursor=x',
        '/sensor-data/EQ-1?cursor=',
      ].map(get),
    );

    expect(answers.map(({ status, body }) => [status, body['code']])).toEqual(
      answers.map(() => [400, 'cursor-invalid']),
    );
  });

  it('takes a page of another size with the same cursor', async () => {
    await postSeconds(10);
    const cursor = String((await get('/sensor-data/EQ-1?limit=3')).body['nextCursor']);

    expect(valuesOf(await get(`/sensor-data/EQ-1?limit=2&cursor=${cursor}`))).toEqual([3, 4]);
  });

  it('names all faults of its path and its query at once', async () => {
    const answer = await get('/sensor-data/-x?limit=0&order=up&from=a&from=b&to=c&x=1');

    expect([answer.status, answer.body['code']]).toEqual([400, 'invalid-request']);
    expect(answer.body['errors']).toMatchObject([
      { pointer: '/x', code: 'unknown-property' },
      { pointer: '/equipmentId', code: 'equipment-id-invalid' },
      { pointer: '/from', code: 'parameter-repeated' },
      { pointer: '/to', code: 'timestamp-malformed' },
      { pointer: '/limit', code: 'limit-invalid' },
      { pointer: '/order', code: 'order-invalid' },
    ]);
  });

  it('names an empty range beside other faults', async () => {
    const day = '2023-01-01T00:00:00Z';

    const answer = await get(`/sensor-data/batch?from=${day}&to=${day}&limit=x`);

    expect(answer.body).toMatchObject({
      code: 'invalid-request',
      errors: [
        { pointer: '/equipmentId', code: 'equipment-id-reserved' },
        { pointer: '/to', code: 'range-empty' },
        { pointer: '/limit', code: 'limit-invalid' },
      ],
    });
  });

  it.each(['from', 'to', 'limit', 'order', 'cursor'])('takes %s once', async (name) => {
    const answer = await get(`/sensor-data/EQ-1?${name}=1&${name}=1`);

    expect(answer).toMatchObject({
      status: 400,
      body: {
        code: 'invalid-request',
        errors: [{ pointer: `/${name}`, code: 'parameter-repeated' }],
      },
    });
  });

  it.each(['__proto__', 'constructor', 'equipmentId'])('knows no parameter %s', async (name) => {
    expect((await get(`/sensor-data/EQ-1?${name}=x`)).body).toMatchObject({
      code: 'invalid-request',
      errors: [{ pointer: `/${name}`, code: 'unknown-property' }],
    });
  });

  it('refuses a forged cursor of this very query, and points at it', async () => {
    await postSeconds(3);
    const cursor = String((await get('/sensor-data/EQ-1?limit=1')).body['nextCursor']);
    const [digest] = JSON.parse(Buffer.from(cursor, 'base64url').toString());

    const answers = await Promise.all(
      [[digest], [digest, 'x'], [digest, '2023-01-01T00:00:00Z'], [digest, 'x', 'y']].map(
        (parts) => {
          const forged = Buffer.from(JSON.stringify(parts)).toString('base64url');
          return get(`/sensor-data/EQ-1?cursor=${forged}`);
        },
      ),
    );

    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 400,
        body: {
          code: 'cursor-invalid',
          errors: [{ pointer: '/cursor', code: 'cursor-invalid' }],
        },
      });
    }
  });

  it.each(['0', '1001', '-1', '1.5', '1e2', '0x10', '', '%201', '99999'])(
    'refuses the limit %s',
    async (limit) => {
      expect((await get(`/sensor-data/EQ-1?limit=${limit}`)).status).toBe(400);
    },
  );

  it.each(['1', '1000'])('takes the limit %s', async (limit) => {
    await postSeconds(1);

    expect((await get(`/sensor-data/EQ-1?limit=${limit}`)).status).toBe(200);
  });

  it('names the faults of both ends of the range', async () => {
    const answer = await get('/sensor-data/EQ-1?from=2023-01-01&to=2023-01-01T00:00:00');

    expect(answer.body['errors']).toMatchObject([
      { pointer: '/from', code: 'timestamp-malformed' },
      { pointer: '/to', code: 'timestamp-offset-missing' },
    ]);
  });

  it('explains a + that was not encoded', async () => {
    const answer = await get('/sensor-data/EQ-1?from=2023-01-01T00:00:00+01:00');

    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body['errors'])).toContain('%2B');
  });

  it.each(['2023-01-01T00:00:00Z', '2022-12-31T23:59:59Z'])(
    'refuses a range that ends at or before its beginning: %s',
    async (to) => {
      const answer = await get(`/sensor-data/EQ-1?from=2023-01-01T00:00:00Z&to=${to}`);

      expect(answer).toMatchObject({ status: 400, body: { code: 'range-empty' } });
    },
  );

  it.each([
    ['batch', 'equipment-id-reserved'],
    ['uploads', 'equipment-id-reserved'],
    ['upload-csv', 'equipment-id-reserved'],
    ['a%20b', 'equipment-id-invalid'],
    ['..%2fx', 'equipment-id-invalid'],
    ['%00', 'equipment-id-invalid'],
    ['a'.repeat(129), 'equipment-id-invalid'],
    ['__proto__', 'equipment-id-invalid'],
  ])('refuses the equipment id %s', async (id, code) => {
    const list = await get(`/sensor-data/${id}`);
    const latest = await get(`/sensor-data/${id}/latest`);

    const problem = { status: 400, body: { code, errors: [{ pointer: '/equipmentId', code }] } };
    expect(list).toMatchObject(problem);
    expect(latest).toMatchObject(problem);
  });
});

describe('GET /sensor-data/{equipmentId}/latest', () => {
  it('shows the newest reading', async () => {
    await postSeconds(3);

    const answer = await get('/sensor-data/EQ-1/latest');

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      timestamp: '2023-01-01T00:00:02.000Z',
      value: 2,
      values: { value: 2 },
    });
  });

  it('answers 404 when there is none any more', async () => {
    registered.names.set('EQ-1', ['value']);

    expect(await get('/sensor-data/EQ-1/latest')).toMatchObject({
      status: 404,
      body: { code: 'no-reading' },
    });
  });
});

it.each(['EQ-1', 'EQ-1/latest', 'EQ-1/2023-02-15T06:30:00Z/history', 'no-such-path'])(
  'GET /sensor-data/%s is 404 equipment-unknown for equipment that has sent nothing',
  async (path) => {
    expect(await get(`/sensor-data/${path}`)).toMatchObject({
      status: 404,
      body: { code: 'equipment-unknown' },
    });
  },
);

describe('values and tags', () => {
  it('come in order of their names in every answer, however they were sent', async () => {
    const first = { values: { pressure: 1, flow: 2, Temp: 3 }, tags: { shift: 'b', cipId: 'a' } };
    const second = { values: { conductivity: 4 }, tags: { line: 'c' } };
    const { equipmentId, timestamp } = valid;

    const sent = await post('/sensor-data', { equipmentId, timestamp, ...first });
    await post('/sensor-data', { equipmentId, timestamp, ...second });
    const latest = await get('/sensor-data/EQ-12495/latest');
    const { body } = await get('/sensor-data/EQ-12495');

    const listed = Array.isArray(body['items']) ? body['items'][0] : undefined;
    const names = (answer: unknown) => Object.keys(Object(answer));
    expect(names(sent.body['values'])).toEqual(['Temp', 'flow', 'pressure']);
    expect(names(sent.body['tags'])).toEqual(['cipId', 'shift']);
    for (const shown of [latest.body, listed]) {
      expect(names(shown.values)).toEqual(['Temp', 'conductivity', 'flow', 'pressure']);
      expect(names(shown.tags)).toEqual(['cipId', 'line', 'shift']);
    }
  });
});

describe('?asOf=', () => {
  const before = '2023-09-01T00:00:00.730Z';
  const first = '2023-09-01T02:00:00.731%2B02:00';

  /** Two readings; a second later one is corrected; another second later one is removed. */
  async function change() {
    await post('/sensor-data', { ...valid, value: 1 });
    await post('/sensor-data', { ...valid, timestamp: '2023-02-15T06:31:00Z', value: 2 });
    clock.advance(1000);
    await post('/sensor-data', { ...valid, value: 3 });
    clock.advance(1000);
    await app.inject({ method: 'DELETE', url: `/sensor-data/EQ-12495/2023-02-15T06:31:00Z` });
  }

  it('lists what stood then, to the millisecond in which it was received', async () => {
    await change();
    const listed = async (asOf: string) =>
      valuesOf(await get(`/sensor-data/EQ-12495?asOf=${asOf}&order=desc`));

    expect(await listed(before)).toEqual([]);
    expect(await listed(first)).toEqual([2, 1]);
    expect(await listed('2023-09-01T00:00:01.730999Z')).toEqual([2, 1]);
    expect(await listed('2023-09-01T00:00:01.731Z')).toEqual([2, 3]);
    expect(await listed('2023-09-01T00:00:02.731Z')).toEqual([3]);
  });

  it('shows the latest as it was then', async () => {
    await change();
    const latest = async (asOf: string) => get(`/sensor-data/EQ-12495/latest?asOf=${asOf}`);

    expect(await latest(before)).toMatchObject({ status: 404, body: { code: 'no-reading' } });
    expect((await latest(first)).body).toMatchObject({ value: 2 });
    expect((await latest('2023-09-01T00:00:02.731Z')).body).toMatchObject({ value: 3 });
  });

  it('pages with a cursor of its own instant', async () => {
    await change();
    const url = `/sensor-data/EQ-12495?limit=1`;

    const page = await get(`${url}&asOf=${first}`);
    const cursor = String(page.body['nextCursor']);

    expect(valuesOf(page)).toEqual([1]);
    expect(valuesOf(await get(`${url}&asOf=${first}&cursor=${cursor}`))).toEqual([2]);
    for (const other of ['', '&asOf=2023-09-01T00:00:01Z']) {
      const answer = await get(`${url}${other}&cursor=${cursor}`);
      expect(answer).toMatchObject({ status: 400, body: { code: 'cursor-invalid' } });
    }
  });

  it.each([
    ['2023-09-01T00:00:00.732Z', 'as-of-in-future', 'as-of-in-future'],
    ['yesterday', 'invalid-request', 'timestamp-malformed'],
    ['2023-09-01T00:00:00%2B01:00&asOf=x', 'invalid-request', 'parameter-repeated'],
  ])('is refused: %s', async (asOf, code, fault) => {
    for (const path of ['/sensor-data/EQ-1', '/sensor-data/EQ-1/latest']) {
      expect(await get(`${path}?asOf=${asOf}`)).toMatchObject({
        status: 400,
        body: { code, errors: [{ pointer: '/asOf', code: fault }] },
      });
    }
  });

  it('gives up looking for a latest reading behind too many that came later', async () => {
    for (let n = 0; n < 450; n += 1) {
      const minute = new Date(Date.UTC(2023, 1, 15) + n * 3_600_000).toISOString();
      await post('/sensor-data', { ...valid, timestamp: minute });
    }
    blocks.mostPerPage = 1;

    const answer = await get(`/sensor-data/EQ-12495/latest?asOf=${before}`);

    expect(answer).toMatchObject({ status: 400, body: { code: 'range-too-costly' } });
    expect(await get('/sensor-data/EQ-12495/latest')).toMatchObject({ status: 200 });
  });
});

describe('GET /sensor-data/{equipmentId}/{timestamp}/history', () => {
  const AT = '2023-02-15T06:30:00Z';
  const HISTORY = `/sensor-data/EQ-12495/${AT}/history`;
  const { value: _, ...identity } = valid;

  it('shows every value with who sent it, the latest first, also once it was removed', async () => {
    await post('/sensor-data', { ...identity, values: { a: 1, b: 2 } });
    await post('/sensor-data', { ...identity, values: { a: 3 } });
    await app.inject({ method: 'DELETE', url: `/sensor-data/EQ-12495/${AT}?metric=b` });

    const { status, body } = await get(HISTORY);

    const entry = { by: 'gateway', uploadId: null, acceptedAt: '2023-09-01T00:00:00.731Z' };
    expect(status).toBe(200);
    expect(body).toEqual({
      items: [
        { metric: 'a', value: 3, removed: false, ...entry },
        { metric: 'a', value: 1, removed: false, ...entry },
        { metric: 'b', value: 2, removed: true, ...entry },
      ],
      nextCursor: null,
    });
  });

  it('is empty where nothing ever was', async () => {
    await post('/sensor-data', { ...valid, timestamp: '2023-02-15T06:31:00Z' });

    expect(await get(HISTORY)).toMatchObject({
      status: 200,
      body: { items: [], nextCursor: null },
    });
  });

  it('comes page by page, with a cursor of this instant alone', async () => {
    for (const value of [1, 2, 3]) await post('/sensor-data', { ...valid, value });

    const first = await get(`${HISTORY}?limit=2`);
    const cursor = String(first.body['nextCursor']);
    const second = await get(`${HISTORY}?limit=2&cursor=${cursor}`);

    expect([first, second].map(valuesOf)).toEqual([[3, 2], [1]]);
    expect(second.body['nextCursor']).toBeNull();
    const [digest] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const forged = [[digest], [digest, 'x', '1', 'a'], [digest, 'x', 'y', 'z', 'more']].map(
      (parts) => Buffer.from(JSON.stringify(parts)).toString('base64url'),
    );
    for (const url of [
      `/sensor-data/EQ-1/${AT}/history?cursor=${cursor}`,
      ...forged.map((text) => `${HISTORY}?cursor=${text}`),
    ]) {
      expect(await get(url)).toMatchObject({ status: 400, body: { code: 'cursor-invalid' } });
    }
  });

  it('names every fault of its path and its query at once', async () => {
    const answer = await get('/sensor-data/batch/latest/history?limit=0&from=x');

    expect(answer.body['errors']).toMatchObject([
      { pointer: '/from', code: 'unknown-property' },
      { pointer: '/equipmentId', code: 'equipment-id-reserved' },
      { pointer: '/timestamp', code: 'timestamp-malformed' },
      { pointer: '/limit', code: 'limit-invalid' },
    ]);
  });
});

describe('DELETE /sensor-data/{equipmentId}/{timestamp}', () => {
  const remove = async (url: string) => app.inject({ method: 'DELETE', url });

  it('answers 204 without a body once the reading is gone, then 404', async () => {
    await postSeconds(2);

    const first = await remove('/sensor-data/EQ-1/2023-01-01T01:00:01.000+01:00');
    const second = await remove('/sensor-data/EQ-1/2023-01-01T00:00:01Z');

    expect([first.statusCode, first.body]).toEqual([204, '']);
    expect(second.statusCode).toBe(404);
    expect(second.json()).toMatchObject({ code: 'no-reading' });
    const { body } = await get('/sensor-data/EQ-1');
    expect(body).toMatchObject({ items: [{ timestamp: '2023-01-01T00:00:00.000Z' }] });
    expect(body['items']).toHaveLength(1);
  });

  it('answers 404 at the last instant of time', async () => {
    const answer = await remove('/sensor-data/EQ-1/9999-12-31T23:59:59.999999999Z');

    expect([answer.statusCode, answer.json()]).toMatchObject([404, { code: 'no-reading' }]);
  });

  it('names what is wrong with both parts of its path at once', async () => {
    const answer = await remove('/sensor-data/a%20b/2023-02-29T00:00:00Z');

    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: 'invalid-request',
      errors: [
        { pointer: '/equipmentId', code: 'equipment-id-invalid' },
        { pointer: '/timestamp', code: 'timestamp-not-a-date' },
      ],
    });
  });

  it.each([
    ['/sensor-data/uploads/2023-01-01T00:00:00Z', 'equipment-id-reserved'],
    ['/sensor-data/EQ-1/latest', 'invalid-request'],
    ['/sensor-data/EQ-1/2023-01-01', 'invalid-request'],
  ])('takes no other word for an identity: %s', async (url, code) => {
    const answer = await remove(url);

    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code });
  });
});

describe('DELETE /sensor-data/{equipmentId}/{timestamp}?metric=', () => {
  const remove = async (url: string) => app.inject({ method: 'DELETE', url });

  it('removes one value, and says 404 when it is not there', async () => {
    const { value: _, ...identity } = valid;
    await post('/sensor-data', { ...identity, values: { temperature: 20, pressure: 2 } });
    const url = '/sensor-data/EQ-12495/2023-02-15T06:30:00Z?metric=pressure';

    const answers = [await remove(url), await remove(url)];

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([204, 404]);
    expect(answers[1]?.json()).toMatchObject({ code: 'no-reading' });
    const latest = await get('/sensor-data/EQ-12495/latest');
    expect(latest.body['values']).toEqual({ temperature: 20 });
  });

  it.each([
    ['metric=', '/metric', 'metric-name-invalid'],
    ['metric=a&metric=b', '/metric', 'parameter-repeated'],
    ['metrics=a', '/metrics', 'unknown-property'],
  ])('removes nothing for ?%s', async (query, pointer, code) => {
    await postSeconds(1);

    const answer = await remove(`/sensor-data/EQ-1/2023-01-01T00:00:00Z?${query}`);

    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'invalid-request', errors: [{ pointer, code }] });
    expect(valuesOf(await get('/sensor-data/EQ-1'))).toEqual([0]);
  });
});

describe('DELETE /sensor-data/{equipmentId}', () => {
  const remove = async (query: string) =>
    app.inject({ method: 'DELETE', url: `/sensor-data/EQ-1${query}` });
  const RANGE = '?from=2023-01-01T01:00:02%2B01:00&to=2023-01-01T00:00:04Z';

  it('removes the readings of the range, its end excluded, and then answers 404', async () => {
    await postSeconds(6);

    const answers = [await remove(RANGE), await remove(RANGE)];

    expect(answers.map(({ statusCode, body }) => [statusCode, body === ''])).toEqual([
      [204, true],
      [404, false],
    ]);
    expect(answers[1]?.json()).toMatchObject({ code: 'no-reading' });
    expect(valuesOf(await get('/sensor-data/EQ-1'))).toEqual([0, 1, 4, 5]);
  });

  it('removes one metric of the range', async () => {
    const batch = ['00', '01'].map((second) => ({
      equipmentId: 'EQ-1',
      timestamp: `2023-01-01T00:00:${second}Z`,
      values: { a: 1, b: 2 },
    }));
    await post('/sensor-data/batch', batch);

    const { statusCode } = await remove(
      '?from=2023-01-01T00:00:00Z&to=2023-01-02T00:00:00Z&metric=a',
    );

    expect(statusCode).toBe(204);
    const { body } = await get('/sensor-data/EQ-1');
    expect(body['items']).toMatchObject([{ values: { b: 2 } }, { values: { b: 2 } }]);
  });

  it('names both ends, or nothing is removed', async () => {
    await postSeconds(1);

    const answers = await Promise.all(
      ['', '?from=2023-01-01T00:00:00Z', '?from=x&to=2023-01-01&all=1'].map(remove),
    );

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([400, 400, 400]);
    expect(answers.map((answer) => answer.json().errors)).toMatchObject([
      [
        { pointer: '/from', code: 'bound-missing' },
        { pointer: '/to', code: 'bound-missing' },
      ],
      [{ pointer: '/to', code: 'bound-missing' }],
      [
        { pointer: '/all', code: 'unknown-property' },
        { pointer: '/from', code: 'timestamp-malformed' },
        { pointer: '/to', code: 'timestamp-malformed' },
      ],
    ]);
    expect(valuesOf(await get('/sensor-data/EQ-1'))).toEqual([0]);
  });

  it('refuses an empty range', async () => {
    const answer = await remove('?from=2023-01-01T00:00:00Z&to=2023-01-01T00:00:00Z');

    expect([answer.statusCode, answer.json()]).toMatchObject([400, { code: 'range-empty' }]);
  });
});

describe('the documents', () => {
  it('describe every route with its bodies and answers', () => {
    const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());

    const batch = document.paths['/sensor-data/batch']?.post;
    expect(Object.keys(batch?.responses ?? {}).sort()).toEqual(
      expect.arrayContaining(['201', '207', '400', '401', '403', '413', '415', '503']),
    );
    expect(JSON.stringify(batch?.requestBody)).toContain('application/x-ndjson');
    expect(JSON.stringify(batch?.responses)).toMatch(/no-valid-reading.*unauthenticated/);
    const single = document.paths['/sensor-data']?.post;
    expect(JSON.stringify(single?.requestBody)).toContain('schemas/NewReading');
    expect(JSON.stringify(single?.responses)).toContain('outcome-unknown');
    const list = document.paths['/sensor-data/{equipmentId}']?.get;
    const names = (list?.parameters ?? []).map((parameter) =>
      'name' in parameter ? parameter.name : '',
    );
    expect(names.sort()).toEqual(['asOf', 'cursor', 'equipmentId', 'from', 'limit', 'order', 'to']);
    expect(document.paths).toHaveProperty(['/sensor-data/{equipmentId}/latest']);
    expect(document.components?.schemas).toMatchObject({
      BatchVerdictView: {
        properties: { unconfirmed: { type: 'array', items: { type: 'integer' } } },
      },
    });
  });
});

describe('a small read', () => {
  const { atOnce, waitingPerCaller } = READ_SCHEDULER_LIMITS.small;

  it.each(['/sensor-data/EQ-1/latest', '/sensor-data/EQ-1?limit=50'])(
    'is refused while its caller has too many of them: %s',
    async (path) => {
      await postSeconds(1);
      const budget = new WorkBudget(new AbortController().signal, new SystemClock());
      const read = { caller: CALLER.subject, weight: 1, budget };
      const held = Promise.withResolvers<void>();
      const all = Array.from({ length: atOnce + waitingPerCaller }, async () =>
        reads.run(read, async () => held.promise),
      );

      const answer = await get(path);
      held.resolve();
      await Promise.all(all);

      expect(answer).toMatchObject({ status: 429, body: { code: 'too-many-reads' } });
      expect(answer.headers['retry-after']).toBe('2');
      expect((await get(path)).status).toBe(200);
    },
  );
});
