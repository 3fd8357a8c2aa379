import { fastify, type FastifyInstance } from 'fastify';
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerBodyParsers } from './body-parsers.js';
import { sendProblem } from './problem.filter.js';

const KIB = 1024;
const LIMIT = 64 * KIB;

let server: FastifyInstance;
let port: number;

beforeAll(async () => {
  server = fastify();
  registerBodyParsers(server, ({ ip }) => ip);
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  const config = { maxBodyBytes: LIMIT };
  server.post('/', { config }, ({ body }) => ({ length: JSON.stringify(body).length }));
  server.post('/lines', { config: { ...config, acceptsNdjson: true } }, ({ body }) => ({
    length: String(body).length,
  }));
  await server.listen({ port: 0, host: '127.0.0.1' });
  port = (server.server.address() as AddressInfo).port;
});

afterAll(async () => server.close());

const GZIP = { 'content-type': 'application/json', 'content-encoding': 'gzip' };

interface Sent {
  readonly headers?: OutgoingHttpHeaders;
  readonly path?: string;
  /** Breaks off instead of ending. */
  readonly isCut?: boolean;
}

/** Sends the pieces one by one; answers what came back, or nothing when the connection ended. */
async function send(pieces: readonly Buffer[], { headers, path = '/', isCut = false }: Sent = {}) {
  const sent = httpRequest({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path,
    headers: headers ?? GZIP,
  });
  const answered = new Promise<{ status: number; headers: object; body: Record<string, unknown> }>(
    (resolve, reject) => {
      sent.on('error', reject).on('response', (response) => {
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: JSON.parse(Buffer.concat(chunks).toString()),
            }),
          );
      });
    },
  );
  for (const piece of pieces) {
    sent.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (isCut) sent.destroy();
  else sent.end();
  return answered;
}

const text = (length: number): string => `"${'x'.repeat(length - 2)}"`;

function inPieces(bytes: Buffer, size: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
}

describe('a gzip body', () => {
  it.each([
    ['in one piece', 1e9],
    ['byte by byte', 1],
  ])('is read %s', async (_, size) => {
    const body = gzipSync(JSON.stringify({ equipmentId: 'EQ-1', value: 1 }));

    expect(await send(inPieces(body, size))).toMatchObject({ status: 200, body: { length: 32 } });
  });

  it('may have several members, zeros behind them, and be NDJSON', async () => {
    const members = [gzipSync('{"a": 1}\n'), gzipSync('{"a": 2}\n'), Buffer.alloc(7)];
    const headers = {
      ...GZIP,
      'content-type': 'application/x-ndjson',
      'content-encoding': 'X-GZIP',
    };

    expect(await send([Buffer.concat(members)], { path: '/lines', headers })).toMatchObject({
      status: 200,
      body: { length: 18 },
    });
  });

  it('unpacks to as much as a plain body may have, and no more', async () => {
    const answers = [await send([gzipSync(text(LIMIT))]), await send([gzipSync(text(LIMIT + 1))])];

    expect(answers).toMatchObject([
      { status: 200, body: { length: LIMIT } },
      { status: 413, body: { code: 'body-too-large' } },
    ]);
  });

  it('is too large by its own length, too', async () => {
    const headers = { ...GZIP, 'content-length': String(LIMIT + 1) };

    expect(await send([], { headers, path: '/' }).catch(() => undefined)).toMatchObject({
      status: 413,
    });
  });

  it('that is a bomb is refused before it is unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(48 * KIB * KIB));
    const before = process.memoryUsage.rss();

    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => send(inPieces(bomb, 4 * KIB))),
    );

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 413));
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * KIB * KIB);
  });

  it.each([
    ['no gzip', Buffer.from('{"a": 1}')],
    ['cut off', gzipSync('{"a": 1}').subarray(0, 20)],
    ['damaged', Buffer.concat([gzipSync('{"a": 1}').subarray(0, -6), Buffer.alloc(6, 1)])],
    ['followed by something else', Buffer.concat([gzipSync('{"a": 1}'), Buffer.from('x')])],
    ['deflate', deflateSync('{"a": 1}')],
  ])('that is %s is refused', async (_, body) => {
    expect(await send([body])).toMatchObject({ status: 400, body: { code: 'body-not-gzip' } });
  });

  it('whose content is no JSON is refused as a plain one', async () => {
    expect(await send([gzipSync('{"a": ')])).toMatchObject({ body: { code: 'json-malformed' } });
    expect(await send([gzipSync(Buffer.from([0xff]))])).toMatchObject({
      body: { code: 'body-not-utf8' },
    });
  });

  it('that its sender leaves gives back what it held', async () => {
    const packed = gzipSync(JSON.stringify(Array.from({ length: 5000 }, (_, at) => at)));
    for (let round = 0; round < 600; round += 1) {
      await send([packed.subarray(0, 1000)], { isCut: true }).catch(() => undefined);
    }

    expect(await send([packed])).toMatchObject({ status: 200 });
  });

  it.each(['deflate', 'br', 'zstd', 'gzip, gzip', 'identity, gzip', ''])(
    'is the only packed one: %s is refused, and told what is taken',
    async (encoding) => {
      const headers = { ...GZIP, 'content-encoding': encoding };

      const answer = await send([gzipSync('{}')], { headers });

      expect(answer).toMatchObject({
        status: 415,
        headers: { 'accept-encoding': 'gzip' },
        body: { code: 'content-encoding-unsupported', detail: expect.stringContaining('gzip') },
      });
    },
  );
});
