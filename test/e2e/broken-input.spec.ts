import * as fc from 'fast-check';
import { connect } from 'node:net';
import { once } from 'node:events';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, machineToken } from '../support/api-client.js';

let api: ApiClient;
let baseUrl: string;
let token: string;

beforeAll(async () => {
  const stack = inject('stack');
  baseUrl = stack.baseUrl;
  token = await machineToken(stack);
  api = (await ApiClient.connect(baseUrl)).withToken(token);
});

const valid = { equipmentId: 'EQ-BROKEN', timestamp: '2023-02-15T06:30:00Z', value: 1 };

/** A fault of one reading: what is sent, the code and where it is said to be. */
const FAULTS: readonly (readonly [string, unknown, string, string])[] = [
  ['no equipment', { ...valid, equipmentId: undefined }, 'equipment-id-missing', '/equipmentId'],
  [
    'an equipment with a space',
    { ...valid, equipmentId: 'EQ 1' },
    'equipment-id-invalid',
    '/equipmentId',
  ],
  [
    'an equipment of 129 characters',
    { ...valid, equipmentId: 'E'.repeat(129) },
    'equipment-id-invalid',
    '/equipmentId',
  ],
  [
    'an equipment named as a path',
    { ...valid, equipmentId: 'aggregated' },
    'equipment-id-reserved',
    '/equipmentId',
  ],
  ['no timestamp', { ...valid, timestamp: undefined }, 'timestamp-missing', '/timestamp'],
  [
    'a timestamp without offset',
    { ...valid, timestamp: '2023-02-15T06:30:00' },
    'timestamp-offset-missing',
    '/timestamp',
  ],
  [
    'the thirtieth of February',
    { ...valid, timestamp: '2023-02-30T06:30:00Z' },
    'timestamp-not-a-date',
    '/timestamp',
  ],
  [
    'a leap second',
    { ...valid, timestamp: '2016-12-31T23:59:60Z' },
    'timestamp-leap-second',
    '/timestamp',
  ],
  [
    'ten fraction digits',
    { ...valid, timestamp: '2023-02-15T06:30:00.1234567891Z' },
    'timestamp-too-precise',
    '/timestamp',
  ],
  [
    'an offset of 15 hours',
    { ...valid, timestamp: '2023-02-15T06:30:00+15:00' },
    'timestamp-offset-invalid',
    '/timestamp',
  ],
  [
    'the year 1969',
    { ...valid, timestamp: '1969-12-31T23:59:59Z' },
    'timestamp-out-of-range',
    '/timestamp',
  ],
  [
    'epoch seconds',
    { ...valid, timestamp: 1_676_443_800 },
    'timestamp-precision-missing',
    '/timestamp',
  ],
  [
    'next year',
    { ...valid, timestamp: new Date(Date.now() + 700_000).toISOString() },
    'timestamp-in-future',
    '/timestamp',
  ],
  ['no value', { ...valid, value: undefined }, 'value-missing', '/value'],
  ['value and values', { ...valid, values: { a: 1 } }, 'value-ambiguous', '/value'],
  ['a value in quotes', { ...valid, value: '1.5' }, 'value-not-a-number', '/value'],
  ['a value that is null', { ...valid, value: null }, 'value-missing', '/value'],
  [
    'metrics that are all null',
    { ...valid, value: undefined, values: { a: null } },
    'values-empty',
    '/values',
  ],
  ['1e101', { ...valid, value: 1e101 }, 'value-out-of-range', '/value'],
  ['1e-101', { ...valid, value: 1e-101 }, 'value-out-of-range', '/value'],
  ['no metric', { ...valid, value: undefined, values: {} }, 'values-empty', '/values'],
  [
    'a metric that starts with a digit',
    { ...valid, value: undefined, values: { '1a': 1 } },
    'metric-name-invalid',
    '/values/1a',
  ],
  [
    'a metric with a slash',
    { ...valid, value: undefined, values: { 'a/b~c': 1 } },
    'metric-name-invalid',
    '/values/a~1b~0c',
  ],
  [
    '65 metrics',
    {
      ...valid,
      value: undefined,
      values: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`m${i}`, i])),
    },
    'too-many-metrics',
    '/values',
  ],
  [
    '17 tags',
    { ...valid, tags: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`t${i}`, 'x'])) },
    'too-many-tags',
    '/tags',
  ],
  ['a tag that is a number', { ...valid, tags: { cipId: 1 } }, 'tags-invalid', '/tags/cipId'],
  ['an unknown property', { ...valid, colour: 'red' }, 'unknown-property', '/colour'],
];

describe('a reading with', () => {
  it.each(FAULTS)('%s is refused', async (_name, reading, code, pointer) => {
    const { status, body, headers } = await api.post('/sensor-data', reading);

    expect(status).toBe(400);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body.errors).toContainEqual({ pointer, code, detail: expect.any(String) });
    expect(body.requestId).toBe(headers.get('x-request-id'));
  });

  it('many faults is told of all of them at once', async () => {
    const { body } = await api.post('/sensor-data', {
      equipmentId: '',
      timestamp: 'x',
      value: 'y',
      z: 1,
    });

    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      '/equipmentId',
      '/timestamp',
      '/value',
      '/z',
    ]);
  });
});

const JSON_TYPE = { 'content-type': 'application/json' };

interface Sent {
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

describe('a request that is not what its route takes', () => {
  it.each<readonly [string, string, string, Sent, readonly [number, string]]>([
    ['no JSON', 'POST', '/sensor-data', { body: '{', headers: JSON_TYPE }, [400, 'json-malformed']],
    [
      'NaN',
      'POST',
      '/sensor-data',
      { body: '{"value":NaN}', headers: JSON_TYPE },
      [400, 'json-malformed'],
    ],
    [
      'JSON nested too deep',
      'POST',
      '/sensor-data',
      { body: '['.repeat(20) + ']'.repeat(20), headers: JSON_TYPE },
      [400, 'json-too-deep'],
    ],
    [
      'a key that changes prototypes',
      'POST',
      '/sensor-data',
      { body: '{"__proto__":{"x":1}}', headers: JSON_TYPE },
      [400, 'json-forbidden-key'],
    ],
    [
      'Latin-1',
      'POST',
      '/sensor-data',
      { body: new Uint8Array([0x22, 0xe4, 0x22]), headers: JSON_TYPE },
      [400, 'body-not-utf8'],
    ],
    [
      'an empty body',
      'POST',
      '/sensor-data',
      { body: '', headers: JSON_TYPE },
      [400, 'json-malformed'],
    ],
    [
      'plain text',
      'POST',
      '/sensor-data',
      { body: 'x', headers: { 'content-type': 'text/plain' } },
      [415, 'content-type-unsupported'],
    ],
    [
      'a form',
      'POST',
      '/sensor-data',
      { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      [415, 'content-type-unsupported'],
    ],
    [
      'another charset',
      'POST',
      '/sensor-data',
      { body: '{}', headers: { 'content-type': 'application/json; charset=latin1' } },
      [415, 'content-type-unsupported'],
    ],
    [
      'NDJSON where one reading goes',
      'POST',
      '/sensor-data',
      { body: '{}', headers: { 'content-type': 'application/x-ndjson' } },
      [415, 'content-type-unsupported'],
    ],
    [
      'a body that is packed in another way than gzip',
      'POST',
      '/sensor-data',
      { body: 'x', headers: { ...JSON_TYPE, 'content-encoding': 'deflate' } },
      [415, 'content-encoding-unsupported'],
    ],
    [
      'a gzip body that is none',
      'POST',
      '/sensor-data',
      { body: 'x', headers: { ...JSON_TYPE, 'content-encoding': 'gzip' } },
      [400, 'body-not-gzip'],
    ],
    [
      'a single body over 256 KiB',
      'POST',
      '/sensor-data',
      { body: `"${'x'.repeat(256 * 1024)}"`, headers: JSON_TYPE },
      [413, 'body-too-large'],
    ],
    [
      'a batch over 8 MiB',
      'POST',
      '/sensor-data/batch',
      { body: `"${'x'.repeat(8 * 1024 * 1024)}"`, headers: JSON_TYPE },
      [413, 'body-too-large'],
    ],
    [
      'an empty batch',
      'POST',
      '/sensor-data/batch',
      { body: '[]', headers: JSON_TYPE },
      [400, 'batch-empty'],
    ],
    [
      'a batch that is no list',
      'POST',
      '/sensor-data/batch',
      { body: '{}', headers: JSON_TYPE },
      [400, 'batch-not-an-array'],
    ],
    [
      'a batch without a valid reading',
      'POST',
      '/sensor-data/batch',
      { body: '[1,2]', headers: JSON_TYPE },
      [400, 'no-valid-reading'],
    ],
    [
      '10,001 readings',
      'POST',
      '/sensor-data/batch',
      { body: JSON.stringify(Array.from({ length: 10_001 }, () => 1)), headers: JSON_TYPE },
      [400, 'too-many-readings'],
    ],
    ['a limit of 0', 'GET', '/sensor-data/EQ-1?limit=0', {}, [400, 'invalid-request']],
    ['a limit of 1001', 'GET', '/sensor-data/EQ-1?limit=1001', {}, [400, 'invalid-request']],
    [
      'a range that ends before it begins',
      'GET',
      '/sensor-data/EQ-1?from=2023-02-16T00:00:00Z&to=2023-02-15T00:00:00Z',
      {},
      [400, 'range-empty'],
    ],
    ['a cursor of nobody', 'GET', '/sensor-data/EQ-1?cursor=abc', {}, [400, 'cursor-invalid']],
    ['an equipment that cannot be', 'GET', '/sensor-data/%20', {}, [400, 'equipment-id-invalid']],
    [
      'an equipment named as a path',
      'GET',
      '/sensor-data/batch/latest',
      {},
      [400, 'equipment-id-reserved'],
    ],
    ...['', '/latest', '/2023-02-15T06:00:00Z/history'].map(
      (of) =>
        [
          `equipment without readings, ${of}`,
          'GET',
          `/sensor-data/EQ-NOBODY${of}`,
          {},
          [404, 'equipment-unknown'],
        ] as const,
    ),
    ['a path that is none', 'GET', '/sensor-data/no-such-path', {}, [404, 'equipment-unknown']],
    [
      'aggregates of equipment without readings',
      'GET',
      '/sensor-data/aggregated?interval=24h&equipmentId=EQ-NOBODY',
      {},
      [404, 'equipment-unknown'],
    ],
    ['no interval', 'GET', '/sensor-data/aggregated', {}, [400, 'interval-or-range']],
    [
      'an interval in capitals',
      'GET',
      '/sensor-data/aggregated?interval=24H',
      {},
      [400, 'invalid-request'],
    ],
    [
      'interval and range',
      'GET',
      '/sensor-data/aggregated?interval=24h&from=2023-02-15T00:00:00Z&to=2023-02-16T00:00:00Z',
      {},
      [400, 'interval-or-range'],
    ],
    [
      'a range of 367 days',
      'GET',
      '/sensor-data/aggregated?from=2023-01-01T00:00:00Z&to=2024-01-03T00:00:00Z',
      {},
      [400, 'range-too-long'],
    ],
    [
      'two intervals',
      'GET',
      '/sensor-data/aggregated?interval=24h&interval=48h',
      {},
      [400, 'invalid-request'],
    ],
    [
      'an unknown parameter',
      'GET',
      '/sensor-data/aggregated?interval=24h&page=2',
      {},
      [400, 'invalid-request'],
    ],
    [
      'an import that is not there',
      'GET',
      '/sensor-data/uploads/0199aaaa-0000-7000-8000-000000000000',
      {},
      [404, 'import-not-found'],
    ],
    ['a route that is not there', 'GET', '/nothing/here', {}, [404, 'route-not-found']],
    ['a broken escape', 'GET', '/sensor-data/%zz', {}, [400, 'url-malformed']],
    ['an id that never ends', 'GET', `/sensor-data/${'x'.repeat(5000)}`, {}, [414, 'url-too-long']],
  ])('such as %s is refused', async (_name, method, path, request, [status, code]) => {
    const answer = await api.send(method, path, request);
    const { body } = answer;

    expect([answer.status, body.code]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(body).toMatchObject({
      type: expect.stringContaining(code),
      title: expect.any(String),
      status,
      detail: expect.any(String),
      requestId: expect.any(String),
    });
  });

  it.each([
    ['no file name', { size: 10 }, '/fileName'],
    ['another kind of file', { fileName: 'a.xlsx', size: 10 }, '/fileName'],
    ['a path', { fileName: '../a.csv', size: 10 }, '/fileName'],
    ['no size', { fileName: 'a.csv' }, '/size'],
    ['an empty file', { fileName: 'a.csv', size: 0 }, '/size'],
    ['an endless file', { fileName: 'a.csv', size: 1e15 }, '/size'],
    ['a zone of nowhere', { fileName: 'a.csv', size: 1, timezone: 'Mars/Olympus' }, '/timezone'],
    ['a delimiter of its own', { fileName: 'a.csv', size: 1, delimiter: '#' }, '/delimiter'],
    ['an unknown option', { fileName: 'a.csv', size: 1, encoding: 'ebcdic' }, '/encoding'],
  ])('an import of %s is refused', async (_name, body, pointer) => {
    const answer = await api.post('/sensor-data/upload-csv', body);

    expect(answer.status).toBe(400);
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ pointer }));
  });
});

describe('what is not even HTTP', () => {
  it.each([
    ['nonsense', 'HELLO\r\n\r\n', 400, 'http-malformed'],
    ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'http-malformed'],
    [
      'a header without end',
      `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers-too-large',
    ],
    ['a header that takes too long', 'GET / HTTP/1.1\r\nhost: x\r\nx', 408, 'request-timeout'],
    ['no host', 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'host-missing'],
    [
      'an expectation of its own',
      'POST /auth/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 200-ok\r\n\r\n',
      417,
      'expectation-unsupported',
    ],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx',
      400,
      'http-malformed',
    ],
    [
      'length and chunks',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'http-malformed',
    ],
  ])(
    'such as %s is answered with a problem, and the line is closed',
    async (_name, text, status, code) => {
      const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1');
      let answer = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        answer += chunk;
      });
      socket.write(text);
      await once(socket, 'close');

      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(answer).toContain('application/problem+json');
      expect(answer).toContain(`"code":"${code}"`);
    },
  );
});

/** Documents near a reading and far from one. */
const anyBody = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .record(
      {
        equipmentId: fc.oneof(
          fc.string({ maxLength: 150 }),
          fc.constant('EQ-FUZZ'),
          fc.jsonValue(),
        ),
        timestamp: fc.oneof(
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
          fc.string({ maxLength: 40 }),
          fc.jsonValue(),
        ),
        value: fc.oneof(fc.double(), fc.jsonValue()),
        values: fc.oneof(fc.dictionary(fc.string(), fc.double()), fc.jsonValue()),
        tags: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    .map((reading) => JSON.stringify(reading)),
);

const anyPath = fc.oneof(
  fc.constantFrom(
    '/sensor-data',
    '/sensor-data/batch',
    '/sensor-data/upload-csv',
    '/auth/login',
    '/auth/password',
    '/auth/logout',
  ),
  fc.webPath().map((path) => `/sensor-data/${path}`),
  fc.tuple(fc.webPath(), fc.webQueryParameters()).map(([path, query]) => `${path}?${query}`),
  fc
    .dictionary(
      fc.constantFrom(
        'interval',
        'from',
        'to',
        'limit',
        'cursor',
        'metric',
        'equipmentId',
        'order',
      ),
      fc.string(),
    )
    .map((query) => `/sensor-data/aggregated?${new URLSearchParams(query).toString()}`),
  fc
    .dictionary(fc.constantFrom('from', 'to', 'limit', 'cursor', 'order', '__proto__'), fc.string())
    .map((query) => `/sensor-data/EQ-1?${new URLSearchParams(query).toString()}`),
);

const anyContentType = fc.constantFrom(
  'application/json',
  'application/json',
  'application/x-ndjson',
  'application/json; charset=utf-8',
  'text/plain',
  'application/problem+json',
  'multipart/form-data',
);

describe('ten thousand malformed requests', () => {
  it('cause no server error and no crash', async () => {
    const seed = Number(process.env['SENSORFLOW_SEED'] ?? Date.now() % 2 ** 31);
    const requests = fc.sample(
      fc.record({
        method: fc.constantFrom('GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
        path: anyPath,
        body: anyBody,
        contentType: anyContentType,
      }),
      { numRuns: 10_000, seed },
    );
    const bad: string[] = [];
    const statuses = new Map<number, number>();

    const send = async (request: (typeof requests)[number]): Promise<void> => {
      const hasBody = !['GET', 'OPTIONS'].includes(request.method);
      const answer = await fetch(
        `${baseUrl}${request.path.startsWith('/') ? '' : '/'}${request.path}`,
        {
          method: request.method,
          headers: { authorization: `Bearer ${token}`, 'content-type': request.contentType },
          body: hasBody ? request.body : null,
        },
      );
      const text = await answer.text();
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const isProblem = answer.headers.get('content-type')?.includes('application/problem+json');
      if (answer.status >= 500) bad.push(`${JSON.stringify(request)} → ${text}`);
      if (answer.status >= 400 && isProblem !== true)
        bad.push(`${JSON.stringify(request)} → ${text}`);
      if (/Exception|at .*\.js:\d+|node_modules/.test(text)) bad.push(`leak: ${text}`);
    };
    const queue = requests.filter(({ path }) => path !== '/auth/logout').values();
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (const request of queue) await send(request);
      }),
    );

    expect(bad, `seed ${seed}`).toEqual([]);
    expect((await api.get('/health/ready')).status).toBe(200);
    expect(
      statuses.get(401) ?? 0,
      'the identity must be good, or nothing deeper was reached',
    ).toBeLessThan(3000);
  });
});
