import { beforeAll, describe, expect, inject, it } from 'vitest';
import { machineToken } from '../../support/api-client.js';
import { sendRaw, type RawAnswer } from '../../support/raw-http.js';

let baseUrl: string;
let token: string;

beforeAll(async () => {
  const stack = inject('stack');
  ({ baseUrl } = stack);
  token = await machineToken(stack);
});

const SECURITY = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** A request that closes its connection, in raw lines. */
function request(line: string, ...headers: readonly string[]): string {
  return [`${line} HTTP/1.1`, 'host: x', 'connection: close', ...headers, '', ''].join('\r\n');
}

async function onlyAnswer(text: string): Promise<RawAnswer> {
  const [answer, ...more] = await sendRaw(baseUrl, text);
  if (!answer || more.length > 0) throw new Error(`${more.length} more answers`);
  return answer;
}

const CHUNKED_BODY = '2\r\n{}\r\n0\r\n\r\n';

describe('what is refused before it reaches a route', () => {
  it.each([
    ['no HTTP', 'HELLO\r\n\r\n', 400, 'http-malformed'],
    ['headers of 20 kB', request('GET /', `x: ${'y'.repeat(20_000)}`), 431, 'headers-too-large'],
    ['headers that never end', 'GET / HTTP/1.1\r\nhost: x\r\nx', 408, 'request-timeout'],
    ['no host', 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'host-missing'],
    ['two hosts', request('GET /', 'host: y'), 400, 'host-repeated'],
    ['one host twice', request('GET /', 'Host: x'), 400, 'host-repeated'],
    [
      'chunks of gzip',
      request('POST /sensor-data', 'transfer-encoding: gzip, chunked') + CHUNKED_BODY,
      501,
      'transfer-encoding-unsupported',
    ],
    [
      'chunks in two lines',
      request('POST /sensor-data', 'transfer-encoding: identity', 'transfer-encoding: chunked') +
        CHUNKED_BODY,
      501,
      'transfer-encoding-unsupported',
    ],
    [
      'chunks with a parameter',
      request('POST /sensor-data', 'transfer-encoding: chunked;x') + CHUNKED_BODY,
      501,
      'transfer-encoding-unsupported',
    ],
    [
      'chunks in HTTP/1.0',
      `POST /sensor-data HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n${CHUNKED_BODY}`,
      501,
      'transfer-encoding-unsupported',
    ],
    ['a list of hosts', 'GET / HTTP/1.1\r\nhost: a, b\r\n\r\n', 400, 'host-malformed'],
    ['an expectation of its own', request('POST /', 'expect: x'), 417, 'expectation-unsupported'],
    ['a tunnel', request('CONNECT x:443'), 501, 'tunnel-unsupported'],
    ['an escape that is none', request('GET /%zz'), 400, 'url-malformed'],
    ['a long id', request(`GET /sensor-data/${'x'.repeat(999)}`), 414, 'url-too-long'],
    ['no such route', request('GET /nothing/here'), 404, 'route-not-found'],
    ['a star', request('OPTIONS *'), 404, 'route-not-found'],
  ])('%s, has a problem, security headers and an id', async (_name, text, status, code) => {
    const answer = await onlyAnswer(text);

    const problem: unknown = JSON.parse(answer.text);
    expect(problem).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      ...SECURITY,
      connection: 'close',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it.each([
    ['two hosts', ['host: y'], ''],
    ['chunks of gzip', ['transfer-encoding: gzip, chunked'], CHUNKED_BODY],
  ])('for %s, takes no other request with it', async (_name, headers, body) => {
    const first = ['POST /sensor-data HTTP/1.1', 'host: x', ...headers, '', body].join('\r\n');
    const second = request('GET /health/live');

    const answers = await sendRaw(baseUrl, first + second);

    expect(answers).toHaveLength(1);
  });
});

describe('a request with good ones before and behind it in one piece', () => {
  const BROKEN = 'GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n';
  const GOOD = 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n';

  it('takes no answer from those before it, and gives none to those behind', async () => {
    const answers = await sendRaw(baseUrl, GOOD + BROKEN + GOOD);

    expect(answers.map(({ status }) => status)).toEqual([200, 400]);
  });
});

describe('a method that a path does not have', () => {
  it.each([
    ['PUT', '/sensor-data', 'POST'],
    ['GET', '/auth/login', 'POST'],
    ['DELETE', '/sensor-data/batch', 'POST'],
    ['GET', '/sensor-data/batch', 'POST'],
    ['HEAD', '/sensor-data/upload-csv', 'POST'],
    ['DELETE', '/sensor-data/aggregated/verify', 'GET, HEAD'],
    ['DELETE', '/sensor-data/aggregated/repair', 'POST'],
    ['PATCH', '/sensor-data/EQ-1/latest', 'GET, HEAD'],
    ['POST', '/sensor-data/EQ-1/2023-02-15T06:30:00Z', 'DELETE'],
    ['TRACE', '/', 'GET, HEAD'],
    ['PROPFIND', '/health/live', 'GET, HEAD'],
    ['OPTIONS', '/sensor-data', 'POST'],
    ['HEAD', '/auth/logout', 'POST'],
    ['POST', '/openapi.json', 'GET, HEAD'],
  ])('%s %s is answered 405 with those that it has', async (method, path, allowed) => {
    const answer = await onlyAnswer(request(`${method} ${path}?x=1`, 'content-length: 0'));

    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed]);
    expect(Object.fromEntries(answer.headers)).toMatchObject(SECURITY);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.text).toContain(method === 'HEAD' ? '' : '"code":"method-not-allowed"');
  });

  it.each(['PUT', 'PROPFIND', 'TRACE', 'OPTIONS'])(
    'is 404 where there is no path: %s',
    async (method) => {
      const answer = await onlyAnswer(request(`${method} /nothing/here`, 'content-length: 0'));

      expect([answer.status, answer.headers.get('allow')]).toEqual([404, undefined]);
      expect(answer.text).toContain('"code":"route-not-found"');
    },
  );
});

describe('an answer about health', () => {
  it.each(['/', '/health/live', '/health/ready'])('is never kept by a cache: %s', async (path) => {
    const answer = await onlyAnswer(request(`GET ${path}`));

    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });
});

describe('a name that could change a prototype', () => {
  it.each([
    '/sensor-data/aggregated?interval=24h&',
    '/sensor-data/uploads?',
    '/sensor-data/EQ-1?',
    '/equipment?',
  ])('is an unknown parameter of %s', async (path) => {
    for (const name of ['__proto__', 'constructor', 'prototype', 'toString']) {
      const answer = await onlyAnswer(
        request(`GET ${path}${name}=1`, `authorization: Bearer ${token}`),
      );

      expect(answer.status).toBe(400);
      expect(answer.text).toContain(`"pointer":"/${name}","code":"unknown-property"`);
    }
  });
});

describe('a name that stands twice in JSON', () => {
  it.each([
    ['/sensor-data', '{"equipmentId":"EQ-1","value":1,"value":2}', '/value'],
    [
      '/sensor-data/upload-csv',
      '{"fileName":"a.csv","size":1,"columns":{"a":"b","a":"c"}}',
      '/columns/a',
    ],
  ])('is refused at %s, with its place', async (path, body, pointer) => {
    const headers = [
      `authorization: Bearer ${token}`,
      'content-type: application/json',
      `content-length: ${body.length}`,
    ];

    const answer = await onlyAnswer(request(`POST ${path}`, ...headers) + body);

    expect(JSON.parse(answer.text)).toMatchObject({
      status: 400,
      code: 'json-duplicate-key',
      errors: [{ pointer, code: 'json-duplicate-key' }],
    });
  });
});
