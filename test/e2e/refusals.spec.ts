import * as fc from 'fast-check';
import { connect } from 'node:net';
import { once } from 'node:events';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { sendRaw } from '../support/raw-http.js';

let api: ApiClient;
let baseUrl: string;
let token: string;

beforeAll(async () => {
  const stack = inject('stack');
  ({ baseUrl } = stack);
  token = await machineToken(stack);
  api = (await ApiClient.connect(baseUrl)).withToken(token);
});

const READING = { equipmentId: 'EQ-REFUSED', timestamp: '2023-02-15T01:30:00Z', value: 1 };
const LINE_PROTOCOL = 'temperature,equipment=EQ-1 value=21.5 1676440800000000000';
const MULTIPART = 'multipart/form-data; boundary=x';
const BINARY = 'application/octet-stream';
const FORM = 'application/x-www-form-urlencoded';

/** A request in raw lines; its connection closes behind the answer. */
function raw(line: string, headers: readonly string[], body = ''): string {
  const all = ['host: x', 'connection: close', `authorization: Bearer ${token}`, ...headers];
  return `${[`${line} HTTP/1.1`, ...all, '', ''].join('\r\n')}${body}`;
}

async function problemTo(text: string) {
  const [answer] = await sendRaw(baseUrl, text);
  if (!answer) throw new Error('no answer');
  return { status: answer.status, ...JSON.parse(answer.text) };
}

describe('a body of another type', () => {
  it.each<readonly [string, string, string | undefined, string, RegExp]>([
    [
      'without a type',
      '/sensor-data',
      undefined,
      '{}',
      /takes application\/json in UTF-8, not a body without Content-Type/,
    ],
    [
      'without a type',
      '/sensor-data/batch',
      undefined,
      '[]',
      /application\/json or application\/x-ndjson/,
    ],
    ['without a type', '/api-keys', undefined, '{}', /takes application\/json/],
    ['text/plain', '/sensor-data', 'text/plain', '{}', /not text\/plain/],
    [
      'text/plain',
      '/sensor-data/upload-csv',
      'text/plain;charset=UTF-8',
      '{}',
      /takes application\/json/,
    ],
    ['text/json', '/sensor-data', 'text/json', '{}', /JSON is application\/json/],
    ['text/json', '/users', 'Text/JSON; charset=utf-8', '{}', /JSON is application\/json/],
    ['a form', '/sensor-data', FORM, 'value=1', /form unless .* name its Content-Type/],
    ['a form', '/sensor-data/batch', FORM, '[]', /application\/x-ndjson.* form unless/],
    ['a form', '/api-keys', `${FORM}; charset=utf-8`, 'name=x', /form unless/],
    ['a file', '/sensor-data/upload-csv', MULTIPART, '--x--', /two calls: POST .* PUT of the file/],
    ['a file', '/sensor-data/upload-csv', 'text/csv', 'a,b', /two calls: POST .* PUT of the file/],
    [
      'a file',
      '/sensor-data/upload-csv',
      'text/plain',
      'a,b',
      /two calls: POST .* PUT of the file/,
    ],
    ['a file', '/sensor-data/upload-csv', BINARY, 'a,b', /two calls: POST .* PUT of the file/],
    ['a file', '/sensor-data', MULTIPART, '--x--', /POST \/sensor-data\/upload-csv/],
    ['a file', '/sensor-data/batch', 'text/csv', 'a,b', /POST \/sensor-data\/upload-csv/],
    [
      'line protocol',
      '/sensor-data',
      'text/plain',
      LINE_PROTOCOL,
      /line protocol is written as JSON/,
    ],
    ['line protocol', '/sensor-data/batch', 'text/plain', LINE_PROTOCOL, /as JSON, one a line/],
    ['NDJSON', '/sensor-data', 'application/x-ndjson', '{}\n{}', /go to POST \/sensor-data\/batch/],
    [
      'another charset',
      '/sensor-data',
      'application/json; charset=latin1',
      '{}',
      /in UTF-8, not application\/json; charset=latin1/,
    ],
  ])('%s to %s is told what to send', async (_name, path, type, body, words) => {
    const lines = [`content-length: ${body.length}`];
    const typed = type === undefined ? lines : [...lines, `content-type: ${type}`];

    const problem = await problemTo(raw(`POST ${path}`, typed, body));

    expect(problem).toMatchObject({ status: 415, code: 'content-type-unsupported' });
    expect(problem.detail).toMatch(words);
  });

  it.each([
    ['line protocol', '/sensor-data', LINE_PROTOCOL, /Line 1, column 1: temperature is no value/],
    ['NDJSON', '/sensor-data', '{"a": 1}\n{"a": 2}', /Line 2, column 1: Another JSON document/],
    [
      'NDJSON',
      '/sensor-data/batch',
      '{"a": 1}\n{"a": 2}',
      /one reading a line as application\/x-ndjson/,
    ],
    [
      'one reading',
      '/sensor-data/batch',
      JSON.stringify(READING),
      /alone goes to POST \/sensor-data/,
    ],
    ['a form', '/sensor-data', 'value=1&x=2', /Line 1, column 1: value is no value of JSON/],
  ])('%s called JSON, to %s, is told what it is', async (_name, path, body, words) => {
    const { status, body: problem } = await api.send('POST', path, {
      body,
      headers: { 'content-type': 'application/json' },
    });

    expect(status).toBe(400);
    expect(problem.detail).toMatch(words);
  });
});

describe('what is no JSON', () => {
  it.each([
    ['/sensor-data', '{"value": nan}', /Line 1, column 11: NaN is not JSON: send null/],
    ['/sensor-data', '{\n "value": Infinity\n}', /Line 2, column 11: Infinity is not JSON/],
    ['/sensor-data', "{'value': 1}", /Line 1, column 2: JSON has double quotes/],
    ['/sensor-data/batch', '[\n {"value": 1},\n {"value": nan}\n]', /Line 3, column 12: NaN/],
    ['/sensor-data/batch', '[{"value": 1},]', /Line 1, column 15: A comma stands before/],
    ['/sensor-data/batch', '[{"value": 1}', /Line 1, column 14: The text ends too early/],
    ['/sensor-data/upload-csv', '{"fileName": None}', /Line 1, column 14: None is not JSON/],
  ])('is shown its place: POST %s %j', async (path, body, words) => {
    const headers = { 'content-type': 'application/json' };

    const answer = await api.send('POST', path, { body, headers });

    expect([answer.status, answer.body.code]).toEqual([400, 'json-malformed']);
    expect(answer.body.detail).toMatch(words);
  });

  it.each([
    ['{"value": nan}', /Line 3, column 11: NaN is not JSON/],
    ['  {"value": -inf}', /Line 3, column 13: Infinity is not JSON/],
    ['{"value": 1', /Line 3, column 12: The text ends too early/],
  ])('in a line of NDJSON keeps no other line out: %s', async (broken, words) => {
    const reading = { ...READING, equipmentId: 'EQ-NDJSON' };
    const body = [JSON.stringify(reading), '', broken, JSON.stringify(reading)].join('\n');

    const answer = await api.send('POST', '/sensor-data/batch', {
      body,
      headers: { 'content-type': 'application/x-ndjson' },
    });

    expect(answer.status).toBe(207);
    expect(answer.body).toMatchObject({
      stored: 2,
      rejected: [{ index: 1, pointer: '', code: 'json-malformed' }],
    });
    expect(answer.body.rejected[0].detail).toMatch(words);
  });
});

describe('what is unknown', () => {
  it.each<readonly [string, string, unknown, Readonly<Record<string, RegExp>>]>([
    [
      'POST',
      '/sensor-data',
      { ...READING, equipment_id: 'x', unit: 'C' },
      {
        '/equipment_id': /Did you mean equipmentId\? Known: equipmentId, /,
        '/unit': /property unit\. Known: /,
      },
    ],
    [
      'POST',
      '/sensor-data/upload-csv',
      { fileName: 'a.csv', size: 1, timeZone: 'UTC', sheet: 1 },
      { '/timeZone': /Did you mean timezone\?/, '/sheet': /Known: .*timezone/ },
    ],
    [
      'POST',
      '/api-keys',
      { name: 'x', scopes: ['sensorflow/read'], expiresat: null, scope: 'x' },
      { '/expiresat': /Did you mean expiresAt\?/, '/scope': /Did you mean scopes\?/ },
    ],
    [
      'GET',
      '/sensor-data/EQ-1?form=x&limits=1&page=2',
      undefined,
      {
        '/form': /Did you mean from\?/,
        '/limits': /Did you mean limit\?/,
        '/page': /Known: .*cursor/,
      },
    ],
    [
      'GET',
      '/sensor-data/aggregated?intervall=24h&equipmentID=EQ-1',
      undefined,
      {
        '/intervall': /Did you mean interval\?/,
        '/equipmentID': /Did you mean equipmentId\?/,
        '/interval': /Give either/,
      },
    ],
    ['GET', '/equipment/EQ-1/metrics?page=1', undefined, { '/page': /Known: limit, cursor/ }],
    [
      'GET',
      '/auth/me?verbose=1&x=2',
      undefined,
      { '/verbose': /None is known/, '/x': /None is known/ },
    ],
    [
      'POST',
      '/sensor-data/upload-csv?timezone=Europe/Berlin',
      { fileName: 'a.xlsx', size: 0 },
      { '/timezone': /parameter timezone/, '/fileName': /ends in/, '/size': /at least 1/ },
    ],
    [
      'DELETE',
      '/sensor-data/EQ-1/2023-02-15T01:30:00Z?metrc=value&force=1',
      undefined,
      { '/metrc': /Did you mean metric\?/, '/force': /Known: metric/ },
    ],
  ])('is named at once, with what is known: %s %s', async (method, path, json, faults) => {
    const { status, body } = await api.send(method, path, json === undefined ? {} : { json });

    expect(status).toBe(400);
    const named = Object.fromEntries(body.errors.map((one: any) => [one.pointer, one.detail]));
    expect(Object.keys(named).toSorted()).toEqual(Object.keys(faults).toSorted());
    for (const [pointer, words] of Object.entries(faults)) expect(named[pointer]).toMatch(words);
  });
});

describe('several faults of one request', () => {
  /** For each parameter of a list of readings: what is wrong with it, or nothing. */
  const wrong = {
    equipmentId: [undefined, '%20', '-x'],
    from: [undefined, 'x', '2023-02-30T00:00:00Z'],
    to: [undefined, 'yesterday'],
    limit: [undefined, '0', '1e3'],
    order: [undefined, 'up'],
    asOf: [undefined, 'now'],
    cursor: [undefined, '!'],
    page: [undefined, '2'],
    sort: [undefined, 'x'],
  };

  it('are all named in one answer, whichever they are', async () => {
    const anyFaults = fc.record(
      Object.fromEntries(
        Object.entries(wrong).map(([name, values]) => [name, fc.constantFrom(...values)]),
      ),
    );
    await fc.assert(
      fc.asyncProperty(anyFaults, async ({ equipmentId, ...query }) => {
        const given = { ...query };
        const { status, body } = await api.get(`/sensor-data/${equipmentId ?? 'EQ-1'}`, given);
        const expected = Object.entries({ equipmentId, ...query })
          .filter(([, value]) => value !== undefined)
          .map(([name]) => `/${name}`);
        const named: readonly string[] = (body.errors ?? []).map((one: any) => one.pointer);

        expect([...new Set(named)].toSorted()).toEqual(expected.toSorted());
        expect(status).toBe(expected.length === 0 ? 200 : 400);
      }),
      { numRuns: 60 },
    );
  });

  it('are all named in one answer, in query and body together', async () => {
    const bad = {
      name: [undefined, '', 7],
      scopes: [undefined, [], ['sensorflow/admin']],
      equipmentIds: [undefined, [], 'x'],
      expiresAt: [undefined, 'tomorrow'],
      ratePerMinute: [undefined, 0, 1.5],
      colour: [undefined, 'red'],
    };
    const anyFaults = fc.record({
      body: fc.record(
        Object.fromEntries(
          Object.entries(bad).map(([name, values]) => [name, fc.constantFrom<unknown>(...values)]),
        ),
      ),
      query: fc.subarray(['dryRun', 'x']),
    });
    await fc.assert(
      fc.asyncProperty(anyFaults, async ({ body: faults, query }) => {
        // Without a fault it would make a key.
        const wrongBody = { name: 'x', scopes: ['sensorflow/read'], ...defined(faults), extra: 1 };
        const path = `/api-keys?${query.map((name) => `${name}=1`).join('&')}`;
        const { status, body } = await api.post(path, wrongBody);
        const expected = [...Object.keys(defined(faults)), 'extra', ...query];
        const named: readonly string[] = body.errors.map((one: any) => one.pointer.slice(1));

        expect([...new Set(named)].toSorted()).toEqual(expected.toSorted());
        expect(status).toBe(400);
      }),
      { numRuns: 60 },
    );
  });
});

function defined(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

describe('a method or a path that is not there', () => {
  it.each([
    ['PUT', '/sensor-data/batch', 'POST'],
    ['GET', '/sensor-data/upload-csv', 'POST'],
    ['GET', '/sensor-data', 'POST'],
    ['PATCH', '/sensor-data/aggregated', 'GET, HEAD'],
  ])('%s %s names the methods of the path', async (method, path, allow) => {
    const { status, headers, body } = await api.send(method, path);

    expect([status, headers.get('allow'), body.code]).toEqual([405, allow, 'method-not-allowed']);
  });

  it.each([
    ['POST', '/sensor-data/', '/sensor-data'],
    ['POST', '/sensor-data/batch/', '/sensor-data/batch'],
    ['GET', '/sensor-data/EQ-1/latest/?x=1', '/sensor-data/EQ-1/latest'],
    ['GET', '/equipment//', '/equipment'],
    ['GET', '/sensor_data/aggregated', '/sensor-data/aggregated'],
    ['POST', '/auth/log-in', '/auth/login'],
  ])('%s %s names the right path', async (method, path, meant) => {
    const { status, body } = await api.send(method, path);

    expect([status, body.code]).toEqual([404, 'route-not-found']);
    expect(body.detail).toContain(`Did you mean ${meant}?`);
  });
});

describe('a length that is not the body’s', () => {
  const JSON_TYPE = 'content-type: application/json';
  const body = JSON.stringify(READING);

  it.each([
    ['no length', [JSON_TYPE], 400, /no body: it says neither Content-Length nor/],
    ['no length and no type', [], 400, /no body: it says neither Content-Length nor/],
    ['a length of 0', [JSON_TYPE, 'content-length: 0'], 400, /The body is empty/],
    [
      'half the length',
      [JSON_TYPE, 'content-length: 40'],
      400,
      /ends too early: compare Content-Length/,
    ],
    [
      'one byte less',
      [JSON_TYPE, `content-length: ${body.length - 1}`],
      400,
      /compare Content-Length/,
    ],
    [
      'a length in words',
      [JSON_TYPE, 'content-length: many'],
      400,
      /Content-Length is not a number of bytes/,
    ],
    [
      'two lengths',
      [JSON_TYPE, 'content-length: 5', 'content-length: 6'],
      400,
      /Content-Length is there twice/,
    ],
  ])('%s is told so', async (_name, headers, status, words) => {
    const problem = await problemTo(raw('POST /sensor-data', headers, body));

    expect(problem.status).toBe(status);
    expect(problem.detail).toMatch(words);
  });

  it('is said also of what comes later on a kept connection', async () => {
    const first = `POST /sensor-data HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n${JSON_TYPE}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const socket = connect(Number(new URL(baseUrl).port), '127.0.0.1');
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
    });
    socket.write(first);
    await eventually(
      async () => received,
      (text) => text.includes('registerTime'),
    );
    socket.write('}, 1, 2, 3\r\n\r\n');
    await once(socket, 'close');

    expect(received).toMatch(/^HTTP\/1.1 201 /);
    expect(received).toMatch(
      /HTTP\/1.1 400 .*Content-Length of that request is missing or too small/s,
    );
  });

  it('is told that TLS is not spoken here', async () => {
    const [answer] = await sendRaw(baseUrl, '\x16\x03\x01\x02\x00\x01');

    expect(JSON.parse(answer?.text ?? '{}').detail).toMatch(/plain HTTP is spoken here/);
  });
});

describe('what is left out on purpose', () => {
  it.each([
    [{ temperature: 21.5, humidity: null }, { temperature: 21.5 }],
    [
      { a: null, b: 1, c: null, d: 0 },
      { b: 1, d: 0 },
    ],
    [{ x: -1, y: null }, { x: -1 }],
  ])('is no fault: %j', async (values, stored) => {
    const { equipmentId, timestamp } = READING;

    const answer = await api.post('/sensor-data', { equipmentId, timestamp, values });

    expect(answer.status).toBe(201);
    expect(answer.body.values).toEqual(stored);
  });

  it('is the only metric, or asked for with those that there are', async () => {
    const range = { from: '2023-06-14T00:00:00+05:30', to: '2023-06-15T00:00:00+05:30' };
    const timestamp = '2023-06-14T12:00:00Z';
    const [one, two] = ['EQ-ONE-METRIC', 'EQ-TWO-METRICS'];
    await api.post('/sensor-data', { equipmentId: one, timestamp, values: { humidity: 55 } });
    await api.post('/sensor-data', {
      equipmentId: two,
      timestamp,
      values: { temperature: 20, humidity: 55 },
    });

    const only = await eventually(
      async () => api.get('/sensor-data/aggregated', { ...range, equipmentId: one }),
      ({ status }) => status === 200,
    );
    const several = await eventually(
      async () => api.get('/sensor-data/aggregated', { ...range, equipmentId: two }),
      ({ body }) => body.metrics?.length === 2,
    );
    const other = await api.get('/sensor-data/aggregated', {
      ...range,
      equipmentId: two,
      metric: 'pressure',
    });

    expect(only.body).toMatchObject({ metric: 'humidity', totalCount: 1 });
    // Rounded up to the hour, and said.
    expect([only.body.from, only.body.to]).toEqual([
      Date.parse('2023-06-13T19:00:00Z') / 1000,
      Date.parse('2023-06-14T19:00:00Z') / 1000,
    ]);
    for (const { status, body } of [several, other]) {
      expect([status, body.code]).toEqual([400, 'metric-unknown']);
      expect(body.metrics).toEqual(['humidity', 'temperature']);
      expect(body.detail).toMatch(/Name one of its metrics/);
    }
  });
});
