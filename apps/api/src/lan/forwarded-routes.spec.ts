import { sendProblem } from '@sensorflow/platform/http/problem.filter.js';
import fastify, { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/api-client.js';
import { sendRaw } from '../../../../test/support/raw-http.js';
import { forwardToServices, isUpload } from './forwarded-routes.js';

const ID = '5f1c2d8e-7a34-4c1b-9d2e-0b6a4f3e8c71';
const SIGNED =
  'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Date=b&X-Amz-Expires=900&X-Amz-Signature=c&X-Amz-SignedHeaders=host';
const UPLOAD = `/the-bucket/uploads/${ID}.csv?${SIGNED}`;
const REPORT = `/the-bucket/reports/${ID}/errors.csv?${SIGNED}`;
const MOST_BYTES = 64 * 1024;

interface Arrival {
  readonly request: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** S3 and the token endpoint. */
let service: Server;
let arrivals: Arrival[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let server: FastifyInstance;
let port: number;

beforeEach(async () => {
  arrivals = [];
  answer = (_request, response) => {
    response.writeHead(200, { etag: '"e"', 'set-cookie': 'a=b', server: 'S3' }).end('answered');
  };
  service = createServer((request, response) => {
    const { method, url, headers } = request;
    // Who goes before the end is no arrival.
    const arrive = (body: string): void => {
      arrivals.push({ request: `${method} ${url}`, headers, body });
      answer(request, response);
    };
    textOf(request).then(arrive, () => undefined);
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const serviceUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  server = fastify();
  server.setErrorHandler(sendProblem);
  forwardToServices(server, {
    s3Url: serviceUrl,
    bucketName: 'the-bucket',
    maxUploadBytes: MOST_BYTES,
    tokenUrl: `${serviceUrl}/oauth2/token`,
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  port = (server.server.address() as AddressInfo).port;
});

afterEach(async () => {
  service.closeAllConnections();
  service.close();
  await server.close();
});

async function ask(path: string, request: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, request);
}

/** The status of each answer to a request with that first line. */
async function statusesOf(firstLine: string, ...lines: readonly string[]) {
  const text = [firstLine, 'host: plant-pc', ...lines, 'connection: close', '', ''].join('\r\n');
  return (await sendRaw(`http://127.0.0.1:${port}`, text)).map(({ status }) => status);
}

describe('a presigned URL', () => {
  it('gets a file to S3, with the headers that S3 needs and no other', async () => {
    const headers = {
      'content-type': 'text/csv',
      'if-none-match': '*',
      cookie: '__Host-sensorflow=secret',
      authorization: 'Bearer secret',
      'x-api-key': 'secret',
      'x-amz-acl': 'public-read',
      'x-forwarded-host': 'evil.example',
    };

    const { status } = await ask(UPLOAD, { method: 'PUT', headers, body: 'a,b\n1,2\n' });

    expect(status).toBe(200);
    expect(arrivals).toEqual([
      {
        request: `PUT ${UPLOAD}`,
        headers: {
          host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
          connection: 'keep-alive',
          'content-length': '8',
          'content-type': 'text/csv',
          'if-none-match': '*',
        },
        body: 'a,b\n1,2\n',
      },
    ]);
  });

  it('gets an error report from S3, without headers that mean something else here', async () => {
    const report = await ask(REPORT);

    expect(await report.text()).toBe('answered');
    expect(report.headers.get('etag')).toBe('"e"');
    expect(report.headers.get('set-cookie')).toBeNull();
    expect(report.headers.get('server')).toBeNull();
  });

  it('shows the refusals of S3 as they are', async () => {
    answer = (_request, response) => void response.writeHead(403).end('<Error/>');

    const refusal = await ask(UPLOAD, { method: 'PUT', body: 'a' });

    expect([refusal.status, await refusal.text()]).toEqual([403, '<Error/>']);
  });
});

describe('what is no presigned URL of ours', () => {
  it.each([
    ['without a signature', `PUT /the-bucket/uploads/${ID}.csv HTTP/1.1`],
    ['with half of one', `PUT /the-bucket/uploads/${ID}.csv?X-Amz-Signature=c HTTP/1.1`],
    ['signed twice', `PUT ${UPLOAD}&X-Amz-Signature=d HTTP/1.1`],
    ['of another bucket', `PUT /other/uploads/${ID}.csv?${SIGNED} HTTP/1.1`],
    ['of another folder', `PUT /the-bucket/reports/${ID}.csv?${SIGNED} HTTP/1.1`],
    ['of a part of a report', `GET /the-bucket/reports/${ID}/part-0001.csv?${SIGNED} HTTP/1.1`],
    ['of the bucket itself', `GET /the-bucket?list-type=2&${SIGNED} HTTP/1.1`],
    ['of all buckets', `GET /?${SIGNED} HTTP/1.1`],
    ['that climbs', `PUT /the-bucket/uploads/../reports/${ID}.csv?${SIGNED} HTTP/1.1`],
    ['that climbs in escapes', `PUT /the-bucket/uploads/%2e%2e%2f${ID}.csv?${SIGNED} HTTP/1.1`],
    ['with an escaped slash', `PUT /the-bucket%2fuploads/${ID}.csv?${SIGNED} HTTP/1.1`],
    ['with an escaped letter', `PUT /the-bucket/uploads/${ID}.%63sv?${SIGNED} HTTP/1.1`],
    ['with two slashes', `PUT //the-bucket/uploads/${ID}.csv?${SIGNED} HTTP/1.1`],
    ['of another key', `PUT /the-bucket/uploads/readings.csv?${SIGNED} HTTP/1.1`],
    ['as an absolute URL', `PUT http://127.0.0.1:1${UPLOAD} HTTP/1.1`],
    ['of another host', `PUT http://evil.example${UPLOAD} HTTP/1.1`],
    ['with another method', `DELETE ${UPLOAD} HTTP/1.1`],
    ['with POST', `POST ${UPLOAD} HTTP/1.1`],
    ['of an upload, to read it', `GET ${UPLOAD} HTTP/1.1`],
  ])('is never passed on: %s', async (_what, firstLine) => {
    const statuses = await statusesOf(firstLine, 'content-length: 0');

    expect(statuses).toHaveLength(1);
    expect([403, 404]).toContain(statuses[0]);
    expect(arrivals).toEqual([]);
  });
});

describe('a body that is refused', () => {
  const HALF = ['content-length: 1000', '', 'a'];

  it.each([
    ['without a signature', `/the-bucket/uploads/${ID}.csv`, HALF, 403],
    ['too large', UPLOAD, [`content-length: ${MOST_BYTES + 1}`, '', 'a'], 413],
  ])('ends its connection before it has arrived: %s', async (_what, path, lines, status) => {
    const client = connect(port, '127.0.0.1').on('error', () => undefined);
    client.write([`PUT ${path} HTTP/1.1`, 'host: plant-pc', ...lines].join('\r\n'));

    const refusal = await textOf(client);

    expect(refusal).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(refusal).toMatch(/\r\nconnection: close\r\n/i);
  });
});

describe('what may take as long as an upload', () => {
  it.each([
    ['a presigned upload', 'PUT', UPLOAD, true],
    ['one without a signature', 'PUT', `/the-bucket/uploads/${ID}.csv`, false],
    ['one of another bucket', 'PUT', `/other/uploads/${ID}.csv?${SIGNED}`, false],
    ['another method', 'POST', UPLOAD, false],
  ] as const)('is known before its body: %s', async (_what, method, url, expected) => {
    const answers: boolean[] = [];
    const other = fastify();
    other.addHook('onRequest', (request, _reply, done) => {
      answers.push(isUpload(request, 'the-bucket'));
      done();
    });

    await other.inject({ method, url });

    expect(answers).toEqual([expected]);
  });
});

describe('a body that is passed on', () => {
  it('says its length before it is read', async () => {
    const chunks = ['transfer-encoding: chunked', 'connection: close'];
    const head = [`PUT ${UPLOAD} HTTP/1.1`, 'host: plant-pc', ...chunks].join('\r\n');

    const [chunked] = await sendRaw(
      `http://127.0.0.1:${port}`,
      `${head}\r\n\r\n1\r\na\r\n0\r\n\r\n`,
    );

    expect(chunked?.status).toBe(400);
    expect(chunked?.text).toContain('content-length-missing');
    expect(arrivals).toEqual([]);
  });

  it('is refused at once when it is too large', async () => {
    const length = `content-length: ${MOST_BYTES + 1}`;

    expect(await statusesOf(`PUT ${UPLOAD} HTTP/1.1`, length)).toEqual([413]);
  });

  it('cannot hide another request behind it', async () => {
    const lines = ['content-length: 4', 'transfer-encoding: chunked', '', '0', '', `GET ${REPORT}`];

    const statuses = await statusesOf(`PUT ${UPLOAD} HTTP/1.1`, ...lines);

    expect(statuses).toEqual([400]);
    expect(arrivals).toEqual([]);
  });

  it('ends at the service when its client goes', async () => {
    const arrived = once(service, 'request');
    const client = connect(port, '127.0.0.1').on('error', () => undefined);
    const head = [`PUT ${UPLOAD} HTTP/1.1`, 'host: plant-pc', 'content-length: 1000', '', 'a'];
    client.write(head.join('\r\n'));
    const [request]: IncomingMessage[] = await arrived;
    if (!request) throw new Error('no request');
    const gone = new Promise((resolve) => {
      request.once('close', resolve);
    });

    client.destroy();
    await gone;

    expect(request.complete).toBe(false);
  });
});

describe('the token endpoint', () => {
  it('is passed on with its form and its Basic credentials', async () => {
    const headers = { authorization: 'Basic YTpi', cookie: 'sensorflow=secret' };
    const body = new URLSearchParams({ grant_type: 'client_credentials' });

    const token = await ask('/oauth2/token', { method: 'POST', headers, body });

    expect(token.status).toBe(200);
    expect(arrivals).toMatchObject([
      { request: 'POST /oauth2/token', body: 'grant_type=client_credentials' },
    ]);
    expect(arrivals[0]?.headers.authorization).toBe('Basic YTpi');
    expect(arrivals[0]?.headers.cookie).toBeUndefined();
  });

  it('is passed on without a query', async () => {
    await ask('/oauth2/token?a=b', { method: 'POST', body: new URLSearchParams({ a: 'b' }) });

    expect(arrivals.map(({ request }) => request)).toEqual(['POST /oauth2/token']);
  });

  it.each(['GET', 'PUT', 'DELETE'])('takes no %s, and nothing beside it', async (method) => {
    const statuses = [
      (await ask('/oauth2/token', { method })).status,
      (await ask('/oauth2/authorize', { method: 'POST', body: 'a' })).status,
      (await ask('/oauth2/token/../../', { method: 'POST', body: 'a' })).status,
    ];

    expect(statuses).toEqual([404, 404, 404]);
    expect(arrivals).toEqual([]);
  });
});

describe('a service that cannot answer', () => {
  it('is 503 when it is not there', async () => {
    service.close();
    await once(service, 'close');

    const refusal = await ask(REPORT);

    expect(refusal.status).toBe(503);
    expect(refusal.headers.get('retry-after')).toBe('2');
  });

  it('gets no more at a time than it can have', async () => {
    answer = () => undefined;
    const first = Array.from({ length: 16 }, () => ask(REPORT).catch(() => undefined));
    await eventually(
      async () => arrivals.length,
      (count) => count === 16,
    );

    const refusal = await ask(REPORT);

    expect(refusal.status).toBe(503);
    expect(arrivals).toHaveLength(16);
    service.closeAllConnections();
    await Promise.all(first);
  });
});
