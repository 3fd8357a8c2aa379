import fastify, { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendRaw } from '../../../test/support/raw-http.js';
import { answerBrokenHttp, refuseBrokenRequests } from './broken-http.js';

/** More than a socket takes at once: its answer is still under way when the next bytes arrive. */
const LONG = 'x'.repeat(8 * 1024 * 1024);

let server: FastifyInstance;

beforeEach(async () => {
  server = fastify({ clientErrorHandler: answerBrokenHttp, http: { requireHostHeader: false } });
  refuseBrokenRequests(server);
  server.get('/', () => ({ found: true }));
  server.get('/long', () => LONG);
  server.post('/', (request) => ({ body: request.body }));
  await server.listen({ port: 0, host: '127.0.0.1' });
});

afterEach(async () => {
  await server.close();
});

function lines(...all: readonly string[]): string {
  return [...all, '', ''].join('\r\n');
}

async function answersTo(text: string): Promise<readonly string[]> {
  const answers = await sendRaw(server.listeningOrigin, text);
  return answers.map((answer) =>
    answer.status === 200 ? '200' : `${answer.status} ${JSON.parse(answer.text).code}`,
  );
}

describe('a transfer encoding that is not chunked', () => {
  it.each([
    ['chunked;x'],
    ['chunked;x=1'],
    ['xchunked'],
    ['chunked x'],
    ['gzip, chunked'],
    ['chunked, gzip'],
    ['chunked, chunked'],
    ['identity'],
  ])('has one answer: %s', async (encoding) => {
    const text = lines('POST / HTTP/1.1', 'host: x', `transfer-encoding: ${encoding}`);

    const [first, ...more] = await answersTo(`${text}2\r\n{}\r\n0\r\n\r\n`);

    expect(more).toEqual([]);
    expect(['501 transfer-encoding-unsupported', '400 http-malformed']).toContain(first);
  });
});

describe('a host', () => {
  it.each([
    ['x'],
    ['api.sensorflow.example:8443'],
    ['LOCALHOST:3000'],
    ['127.0.0.1:3000'],
    ['[::1]:3000'],
    ['xn--bcher-kva.example'],
    ['a_b-c.example.'],
    ['x:'],
  ])('is taken: %s', async (host) => {
    const text = lines('GET / HTTP/1.1', `host: ${host}`, 'connection: close');

    expect(await answersTo(text)).toEqual(['200']);
  });

  it.each([
    ['a, b'],
    ['a,b'],
    ['a b'],
    ['a/b'],
    ['user@a'],
    ['http://a'],
    ['a?b'],
    ['a#b'],
    ['a:b'],
    ['a:1:2'],
    ['a:123456'],
    ['[::1'],
    ['<script>'],
    ['a%41'],
  ])('is no host: %s', async (host) => {
    const text = lines('GET / HTTP/1.1', `host: ${host}`);

    expect(await answersTo(text)).toEqual(['400 host-malformed']);
  });
});

describe('what is no HTTP behind a request', () => {
  it('is never written into the answer to that request', async () => {
    const [first, ...more] = await sendRaw(
      server.listeningOrigin,
      `${lines('GET /long HTTP/1.1', 'host: x')}NO HTTP\r\n\r\n`,
    );

    expect(first?.status).toBe(200);
    expect(first?.text).toBe(LONG);
    expect(more).toEqual([]);
  });

  it('takes no answer away from that request', async () => {
    const request = lines('GET / HTTP/1.1', 'host: x');

    expect(await answersTo(`${request}NO HTTP\r\n\r\n`)).toEqual(['200']);
  });

  it('has an answer of its own when it comes alone', async () => {
    expect(await answersTo('NO HTTP\r\n\r\n')).toEqual(['400 http-malformed']);
  });
});

const TUNNEL = lines('CONNECT x:443 HTTP/1.1', 'host: x');

/** Both ends of a connection. The client's stays open when the server's ends. */
async function connection(): Promise<readonly [client: Socket, server: Socket]> {
  const accepted = once(server.server, 'connection');
  const port = Number(new URL(server.listeningOrigin).port);
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [socket]: Socket[] = await accepted;
  if (!socket) throw new Error('no connection');
  return [client, socket];
}

/** By an error or without one. */
async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return;
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
}

describe.each([
  ['a tunnel', TUNNEL],
  ['no HTTP', 'NO HTTP\r\n\r\n'],
  ['two hosts', lines('GET / HTTP/1.1', 'host: x', 'host: y')],
])('after %s', (_what, text) => {
  it.each([
    ['stays', () => undefined],
    ['goes on sending', (client: Socket) => client.write(LONG)],
    ['ends', (client: Socket) => client.end()],
    ['resets the connection', (client: Socket) => client.resetAndDestroy()],
  ])('a client that %s holds no connection', async (_how, goOn) => {
    const [client, socket] = await connection();
    client.on('error', () => undefined).write(text);
    await once(client, 'data');
    goOn(client);

    await closed(socket);
    expect(socket.destroyed).toBe(true);
    client.destroy();
  });
});

describe('a tunnel', () => {
  it('whose client resets the connection ends nothing but that', async () => {
    for (let round = 0; round < 20; round += 1) {
      const [client, socket] = await connection();
      client.write(TUNNEL, () => client.resetAndDestroy());
      await closed(socket);
    }

    expect(await answersTo(lines('GET / HTTP/1.1', 'host: x', 'connection: close'))).toEqual([
      '200',
    ]);
  });

  it('is answered behind the requests before it', async () => {
    const request = lines('GET /long HTTP/1.1', 'host: x');

    expect(await answersTo(request + request + TUNNEL)).toEqual([
      '200',
      '200',
      '501 tunnel-unsupported',
    ]);
  });
});
