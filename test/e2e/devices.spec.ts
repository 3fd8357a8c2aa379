import { deflateSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, machineToken } from '../support/api-client.js';

let api: ApiClient;

beforeAll(async () => {
  const stack = inject('stack');
  api = (await ApiClient.connect(stack.baseUrl)).withToken(await machineToken(stack));
});

const JSON_TYPE = { 'content-type': 'application/json' };
const NDJSON_TYPE = { 'content-type': 'application/x-ndjson' };

/** Timestamps as devices write them, and what they mean. */
const WRITTEN: readonly (readonly [query: string, timestamp: string, instant: string])[] = [
  ['', '"2023-02-15 01:30:00+00:00"', '2023-02-15T01:30:00.000Z'],
  ['', '"2023-02-15 01:30:00+0100"', '2023-02-15T00:30:00.000Z'],
  ['', '"2023-02-15T01:30:00+01"', '2023-02-15T00:30:00.000Z'],
  ['', '"2021-02-18 21:46:23 UTC"', '2021-02-18T21:46:23.000Z'],
  ['', '"2021-02-18T21:46GMT"', '2021-02-18T21:46:00.000Z'],
  ['', '"2021-02-18 21:46Z"', '2021-02-18T21:46:00.000Z'],
  ['precision=s', '1676440800', '2023-02-15T06:00:00.000Z'],
  ['precision=s', '1676440800.5', '2023-02-15T06:00:00.500Z'],
  ['precision=ms', '1676440800123', '2023-02-15T06:00:00.123Z'],
  ['precision=us', '1676440800123456', '2023-02-15T06:00:00.123456Z'],
  ['precision=ns', '1676440800123456789', '2023-02-15T06:00:00.123456789Z'],
];

describe('a timestamp as a device writes it', () => {
  it.each(WRITTEN)(
    '?%s %s is taken alone, in a batch and in NDJSON',
    async (query, timestamp, instant) => {
      const idOf = (way: string) =>
        `DEV-${way}-${WRITTEN.findIndex((row) => row[1] === timestamp)}`;
      const reading = (way: string) =>
        `{"equipmentId": "${idOf(way)}", "timestamp": ${timestamp}, "value": 1}`;

      const answers = [
        await api.send('POST', `/sensor-data?${query}`, {
          body: reading('one'),
          headers: JSON_TYPE,
        }),
        await api.send('POST', `/sensor-data/batch?${query}`, {
          body: `[${reading('batch')}]`,
          headers: JSON_TYPE,
        }),
        await api.send('POST', `/sensor-data/batch?${query}`, {
          body: reading('lines'),
          headers: NDJSON_TYPE,
        }),
      ];

      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
      for (const way of ['one', 'batch', 'lines']) {
        const { body } = await api.get(`/sensor-data/${idOf(way)}/latest`);
        expect(body.timestamp).toBe(instant);
      }
    },
  );

  it.each([
    [
      'a number without its unit',
      { timestamp: 1676440800 },
      'timestamp-precision-missing',
      'precision=s',
    ],
    ['none', {}, 'timestamp-missing', 'clock=server'],
    [
      'that of a clock that was never set',
      { timestamp: '1970-01-01T00:00:12Z' },
      'timestamp-too-early',
      'clock=server',
    ],
  ])('is refused and told what helps: %s', async (_, timestamp, code, help) => {
    const { status, body } = await api.post('/sensor-data', {
      equipmentId: 'DEV-0',
      value: 1,
      ...timestamp,
    });

    expect([status, body.errors[0]]).toMatchObject([
      400,
      { pointer: '/timestamp', code, detail: expect.stringContaining(help) },
    ]);
  });

  it('is the same for a reading of 1970 that comes with its precision', async () => {
    const { body } = await api.post('/sensor-data?precision=s', {
      equipmentId: 'DEV-0',
      timestamp: 12,
      value: 1,
    });

    expect(body.errors).toMatchObject([{ code: 'timestamp-too-early' }]);
  });
});

describe('a device without a clock', () => {
  it('has its readings at the instants of their arrival, each another', async () => {
    const before = Date.now();
    const reading = { equipmentId: 'DEV-CLOCKLESS', value: 1 };

    const single = await api.post('/sensor-data?clock=server', reading);
    const batch = await api.post('/sensor-data/batch?clock=server', [reading, reading, reading]);

    expect([single.status, batch.status, batch.body.stored]).toEqual([201, 201, 3]);
    const { body } = await api.get('/sensor-data/DEV-CLOCKLESS');
    const instants = body.items.map(({ timestamp }: { timestamp: string }) => timestamp);
    expect(new Set(instants).size).toBe(4);
    expect(Date.parse(instants[0])).toBeGreaterThanOrEqual(before - 1);
    expect(Date.parse(instants[3])).toBeLessThanOrEqual(Date.now() + 1);
  });

  it.each(['precision=h', 'clock=device', 'time=server', 'precision=s&precision=s'])(
    'is told of a wrong parameter: %s',
    async (query) => {
      const answers = [
        await api.post(`/sensor-data?${query}`, {}),
        await api.post(`/sensor-data/batch?${query}`, []),
      ];

      for (const { status, body } of answers) {
        expect([status, body.code]).toEqual([400, 'invalid-request']);
        expect(body.errors[0].pointer).toBe(`/${query.split('=')[0]}`);
      }
    },
  );
});

describe('a gzip body', () => {
  const GZIP = { ...JSON_TYPE, 'content-encoding': 'gzip' };
  const reading = { equipmentId: 'DEV-GZIP', timestamp: '2023-02-15T06:00:00Z', value: 7 };

  it('is a reading, a batch, or NDJSON', async () => {
    const lines = Array.from({ length: 2000 }, (_, second) => {
      const timestamp = new Date(Date.UTC(2023, 1, 16) + second * 1000).toISOString();
      return JSON.stringify({ ...reading, timestamp });
    });

    const answers = [
      await api.send('POST', '/sensor-data', {
        body: gzipSync(JSON.stringify(reading)),
        headers: GZIP,
      }),
      await api.send('POST', '/sensor-data/batch', {
        body: gzipSync(`[${lines.join()}]`),
        headers: GZIP,
      }),
      await api.send('POST', '/sensor-data/batch', {
        body: gzipSync(lines.join('\n')),
        headers: { ...NDJSON_TYPE, 'content-encoding': 'gzip' },
      }),
    ];

    expect(answers.map(({ status, body }) => [status, body.stored])).toEqual([
      [201, undefined],
      [201, 2000],
      [201, 2000],
    ]);
    const { body } = await api.get('/sensor-data/DEV-GZIP/latest');
    expect(body).toMatchObject({ timestamp: '2023-02-16T00:33:19.000Z', value: 7 });
  });

  it.each([
    ['of 300 KiB for a single reading', '/sensor-data', Buffer.alloc(300 * 1024, ' ')],
    ['of 1 GiB in 1 MiB', '/sensor-data/batch', Buffer.alloc(2 ** 30, ' ')],
  ])('%s is refused without being unpacked', async (_, path, unpacked) => {
    const { status, body } = await api.send('POST', path, {
      body: gzipSync(unpacked),
      headers: GZIP,
    });

    expect([status, body.code]).toEqual([413, 'body-too-large']);
  });

  it('is the only packed one', async () => {
    const headers = { ...JSON_TYPE, 'content-encoding': 'deflate' };
    const body = deflateSync(JSON.stringify(reading));

    const answer = await api.send('POST', '/sensor-data', { body, headers });

    expect([answer.status, answer.body.code]).toEqual([415, 'content-encoding-unsupported']);
    expect(answer.headers.get('accept-encoding')).toBe('gzip');
  });
});
