import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import type { Caller } from '@sensorflow/auth';
import { rememberCaller } from '@sensorflow/auth/http/auth.decorators.js';
import { registerBodyParsers } from '@sensorflow/platform/http/body-parsers.js';
import { ProblemFilter } from '@sensorflow/platform/http/problem.filter.js';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { requestValidationPipe } from '@sensorflow/platform/http/request-validation.pipe.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { anInstant } from '../../../../test/support/readings.js';
import { sensorDataInMemory } from '../../../../test/support/sensor-data-in-memory.js';
import { SensorDataService } from '../sensor-data.service.js';
import { BatchController } from './batch.controller.js';
import { recordQuickly } from './quick-recording.js';
import { SensorDataController } from './sensor-data.controller.js';

const CALLER: Caller = {
  kind: 'machine',
  subject: 'gateway',
  username: 'gateway',
  scopes: new Set(['sensorflow/write'] as const),
  expiresAtEpochSeconds: 2_000_000_000,
};
const READING = '"equipmentId": "EQ-1", "value": 1';

const apps: NestFastifyApplication[] = [];

async function appOf(isQuick: boolean): Promise<NestFastifyApplication> {
  const { sensorData } = sensorDataInMemory(
    undefined,
    undefined,
    new FixedClock('2023-09-01T00:00:00.731Z'),
    anInstant('2000-01-01T00:00:00Z'),
  );
  const testing = await Test.createTestingModule({
    controllers: [SensorDataController, BatchController],
    providers: [
      { provide: SensorDataService, useValue: sensorData },
      { provide: ReadScheduler, useValue: new ReadScheduler() },
    ],
  }).compile();
  const app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    bodyParser: false,
    logger: false,
  });
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onRequest', async (request) => rememberCaller(request, CALLER));
  registerBodyParsers(server, ({ ip }) => ip);
  if (isQuick) recordQuickly(server, sensorData);
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(requestValidationPipe());
  await app.init();
  apps.push(app);
  return app;
}

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function post(app: NestFastifyApplication, url: string, payload: string, type = 'json') {
  const headers = { 'content-type': `application/${type}` };
  const answer = await app.inject({ method: 'POST', url, payload, headers });
  return { status: answer.statusCode, body: answer.json() };
}

describe.each([
  ['by Nest', false],
  ['by Fastify alone', true],
])('a single reading, served %s', (_, isQuick) => {
  let app: NestFastifyApplication;
  beforeEach(async () => {
    app = await appOf(isQuick);
  });

  it.each([
    ['precision=s', '1676440800', '2023-02-15T06:00:00.000Z'],
    ['precision=s', '1676440800.123456789', '2023-02-15T06:00:00.123456789Z'],
    ['precision=ms', '1676440800123', '2023-02-15T06:00:00.123Z'],
    ['precision=us', '1676440800123456', '2023-02-15T06:00:00.123456Z'],
    ['precision=ns', '1676440800123456789', '2023-02-15T06:00:00.123456789Z'],
    ['precision=ns', '"1676440800123456789"', '2023-02-15T06:00:00.123456789Z'],
    ['precision=ns', '"2023-02-15 01:30:00-05"', '2023-02-15T06:30:00.000Z'],
    ['clock=server', '"2023-02-15T06:30Z"', '2023-02-15T06:30:00.000Z'],
    ['clock=server&precision=s', '1676440800', '2023-02-15T06:00:00.000Z'],
    ['', '"2023-02-15 06:30:00 UTC"', '2023-02-15T06:30:00.000Z'],
    ['', '"2023-02-15T06:30:00+0000"', '2023-02-15T06:30:00.000Z'],
  ])('with ?%s has the timestamp %s', async (query, timestamp, shown) => {
    const answer = await post(
      app,
      `/sensor-data?${query}`,
      `{${READING}, "timestamp": ${timestamp}}`,
    );

    expect(answer).toMatchObject({ status: 201, body: { timestamp: shown, value: 1 } });
  });

  it.each([
    ['', '1676440800', 'timestamp-precision-missing', /precision=s, ms, us or ns/],
    ['', '"1676440800"', 'timestamp-precision-missing', /precision=s, ms, us or ns/],
    ['', '"1970-01-01T00:00:12Z"', 'timestamp-too-early', /clock=server/],
    ['precision=s', '12', 'timestamp-too-early', /clock=server/],
    ['precision=s', '1676440800000', 'timestamp-out-of-range', /1970/],
    ['precision=ms', '1e3000', 'timestamp-malformed', /milliseconds/],
    ['', 'null', 'timestamp-malformed', /RFC 3339/],
  ])('with ?%s and the timestamp %s is refused: %s', async (query, timestamp, code, detail) => {
    const answer = await post(
      app,
      `/sensor-data?${query}`,
      `{${READING}, "timestamp": ${timestamp}}`,
    );

    expect(answer).toMatchObject({
      status: 400,
      body: {
        code: 'invalid-reading',
        errors: [{ pointer: '/timestamp', code, detail: expect.stringMatching(detail) }],
      },
    });
  });

  it('without a timestamp has that of its arrival where the request says so, and each another one', async () => {
    const payload = `{${READING}}`;
    const refused = await post(app, '/sensor-data', payload);
    const answers = [
      await post(app, '/sensor-data?clock=server', payload),
      await post(app, '/sensor-data?clock=server', payload),
      await post(app, '/sensor-data?clock=server', `{${READING}, "timestamp": null}`),
    ];

    expect(refused.body.errors).toMatchObject([
      { code: 'timestamp-missing', detail: expect.stringContaining('clock=server') },
    ]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    const instants = answers.map(({ body }) => body.timestamp);
    expect(new Set(instants).size).toBe(3);
    expect(instants.every((instant) => instant.startsWith('2023-09-01T00:00:00.73'))).toBe(true);
  });

  it.each([
    ['precision=minutes', [['/precision', 'precision-invalid']]],
    [
      'precision=S&clock=mine',
      [
        ['/precision', 'precision-invalid'],
        ['/clock', 'clock-invalid'],
      ],
    ],
    ['precison=s', [['/precison', 'unknown-property']]],
    ['precision=s&precision=s', [['/precision', 'parameter-repeated']]],
  ] as const)('with ?%s is refused', async (query, faults) => {
    const answer = await post(app, `/sensor-data?${query}`, `{${READING}}`);

    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
    expect(
      answer.body.errors.map(({ pointer, code }: Record<string, string>) => [pointer, code]),
    ).toEqual(faults);
  });

  it('says which parameters there are', async () => {
    const { body } = await post(app, '/sensor-data?unit=s', `{${READING}}`);

    expect(body.errors[0].detail).toContain('precision, clock');
  });
});

describe('a batch', () => {
  let app: NestFastifyApplication;
  beforeEach(async () => {
    app = await appOf(true);
  });
  const readings = [
    '{"equipmentId": "EQ-1", "value": 1, "timestamp": 1676440800123456789}',
    '{"equipmentId": "EQ-2", "values": {"timestamp": 5}, "timestamp" : 1676440800000000001 }',
    '{"equipmentId": "EQ-3", "value": 3, "timestamp": "2023-02-15 06:00Z", "tags": {"timestamp": "7"}}',
  ];

  it.each([
    ['json', `[${readings.join(', ')}]`],
    ['x-ndjson', readings.join('\n')],
  ])('as %s keeps every digit of its numbers', async (type, payload) => {
    const answer = await post(app, '/sensor-data/batch?precision=ns', payload, type);

    expect(answer).toMatchObject({ status: 201, body: { stored: 3 } });
    const latest = ['EQ-1', 'EQ-2', 'EQ-3'].map(async (id) =>
      (await app.inject(`/sensor-data/${id}/latest`)).json(),
    );
    expect(await Promise.all(latest)).toMatchObject([
      { timestamp: '2023-02-15T06:00:00.123456789Z', values: { value: 1 } },
      { timestamp: '2023-02-15T06:00:00.000000001Z', values: { timestamp: 5 } },
      { timestamp: '2023-02-15T06:00:00.000Z', tags: { timestamp: '7' } },
    ]);
  });

  it.each(['json', 'x-ndjson'])(
    'as %s gives its readings instants a nanosecond apart',
    async (type) => {
      const all = Array.from(
        { length: 4 },
        (_, value) => `{"equipmentId": "EQ-1", "value": ${value}}`,
      );
      const payload = type === 'json' ? `[${all.join()}]` : all.join('\n');

      const answer = await post(app, '/sensor-data/batch?clock=server', payload, type);

      expect(answer).toMatchObject({ status: 201, body: { stored: 4 } });
      const { items } = (await app.inject('/sensor-data/EQ-1')).json();
      const nanos = items.map(({ timestamp }: Record<string, string>) =>
        Number(timestamp?.slice(20, -1).padEnd(9, '0')),
      );
      expect(nanos).toEqual([0, 1, 2, 3].map((more) => nanos[0] + more));
      expect(items.map(({ value }: Record<string, number>) => value)).toEqual([0, 1, 2, 3]);
    },
  );

  it('says for each reading what its timestamp lacks', async () => {
    const payload = `[{${READING}}, {${READING}, "timestamp": 5}, {${READING}, "timestamp": "1980-01-06T00:00:00Z"}]`;

    const answer = await post(app, '/sensor-data/batch', payload);

    expect(answer.body.rejected).toMatchObject([
      { index: 0, code: 'timestamp-missing' },
      { index: 1, code: 'timestamp-precision-missing' },
      { index: 2, code: 'timestamp-too-early' },
    ]);
  });

  it('has no unknown parameters', async () => {
    const answer = await post(app, '/sensor-data/batch?precision=h&x=1', `[{${READING}}]`);

    expect(answer).toMatchObject({
      status: 400,
      body: {
        errors: [
          { pointer: '/x', code: 'unknown-property' },
          { pointer: '/precision', code: 'precision-invalid' },
        ],
      },
    });
  });

  it('that is no JSON is refused as it is without numbers kept', async () => {
    const payload = `[{${READING}, "timestamp": 5}, {${READING}, "timestamp": nan}]`;

    const answers = [
      await post(app, '/sensor-data/batch?precision=s', payload),
      await post(app, '/sensor-data/batch', payload),
    ];

    expect(answers.map(({ body }) => [body.code, body.detail])).toEqual(
      answers.map(() => [answers[1]?.body.code, answers[1]?.body.detail]),
    );
  });
});

describe('the documents', () => {
  it.each(['/sensor-data', '/sensor-data/batch'])('name what %s may be sent with', async (path) => {
    const app = await appOf(false);
    const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());

    const names = document.paths[path]?.post?.parameters?.map((parameter) =>
      'name' in parameter ? parameter.name : '',
    );
    expect(names?.toSorted()).toEqual(['Content-Encoding', 'clock', 'precision']);
    expect(JSON.stringify(document.paths[path]?.post?.responses)).toMatch(
      /invalid-request.*body-not-gzip|body-not-gzip.*invalid-request/,
    );
  });
});
