import { sendProblem } from '@sensorflow/platform/http/problem.filter.js';
import fastify, { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeUnlessArrived, ForwardedCalls } from './forwarded-call.js';

const LIMITS = { mostAtOnce: 1, maxBodyBytes: 1000, deadlineMs: 10_000, silenceMs: 10_000 };

let service: Server;
let server: FastifyInstance;
let clients: Socket[];

beforeEach(() => {
  clients = [];
  service = createServer();
  server = fastify();
  server.setErrorHandler(sendProblem);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, _body, done) => done(null));
  closeUnlessArrived(server);
});

afterEach(async () => {
  for (const one of clients) one.destroy();
  service.closeAllConnections();
  service.close();
  await server.close();
});

/** Takes no body by GET. */
async function listen(limits: Partial<typeof LIMITS>): Promise<void> {
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const url = new URL(`http://127.0.0.1:${(service.address() as AddressInfo).port}`);
  const calls = new ForwardedCalls(url, ['content-length'], { ...LIMITS, ...limits });
  const reads = new ForwardedCalls(url, [], { ...LIMITS, ...limits, maxBodyBytes: 0 });
  server.put('/', async (request, reply) => calls.forward(request, reply, '/'));
  server.get('/', async (request, reply) => reads.forward(request, reply, '/'));
  await server.listen({ port: 0, host: '127.0.0.1' });
}

function client(firstLine: string, ...lines: readonly string[]): Socket {
  const { port } = server.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.write([firstLine, 'host: plant-pc', ...lines, '', ''].join('\r\n'));
  clients.push(socket);
  return socket;
}

function nextRequest(): Promise<[IncomingMessage, ServerResponse]> {
  return new Promise((resolve) => {
    service.once('request', (...pair) => resolve(pair));
  });
}

describe('a client that falls silent amid its body', () => {
  it('is told that it was too slow, and its place is free again', async () => {
    await listen({ silenceMs: 100 });
    const silent = client('PUT / HTTP/1.1', 'content-length: 10', '', 'half');

    const answer = await textOf(silent);
    service.on('request', (_request, response: ServerResponse) => response.end('well'));
    const next = await textOf(
      client('PUT / HTTP/1.1', 'content-length: 1', 'connection: close', '', 'x'),
    );

    expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*"request-timeout"/);
    expect(answer).toMatch(/^connection: close\r$/m);
    expect(next).toMatch(/^HTTP\/1\.1 200 [^]*well$/);
  });

  it('is cut off in the end when it sends a byte from time to time', async () => {
    await listen({ deadlineMs: 300 });
    const slow = client('PUT / HTTP/1.1', 'content-length: 1000');
    const timer = setInterval(() => slow.write('x'), 20);

    const answer = await textOf(slow);
    clearInterval(timer);

    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('a client that goes', () => {
  it('takes its question along', async () => {
    await listen({});
    const asked = nextRequest();
    const asking = client('GET / HTTP/1.1');
    const [request] = await asked;
    const gone = new Promise((resolve) => {
      request.once('close', resolve);
    });

    asking.destroy();

    await gone;
    expect(request.socket.destroyed).toBe(true);
  });
});

describe('a service that falls silent', () => {
  it('is answered for with 503', async () => {
    await listen({ silenceMs: 100 });

    const answer = await textOf(client('GET / HTTP/1.1', 'connection: close'));

    expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*"service-unavailable"/);
  });

  it('ends the connection when it has answered in part', async () => {
    await listen({ silenceMs: 100 });
    service.on('request', (_request, response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '10' }).write('half');
    });

    const answer = await textOf(client('GET / HTTP/1.1', 'connection: close')).catch(String);

    expect(answer).toMatch(/half$|ECONNRESET/);
  });
});

describe('a service that refuses before it has read all', () => {
  it('is heard', async () => {
    await listen({});
    service.on('request', (_request, response: ServerResponse) => {
      response.writeHead(403, { 'content-length': '2', connection: 'close' }).end('no');
    });

    const answer = await textOf(client('PUT / HTTP/1.1', 'content-length: 1000', '', 'begin'));

    expect(answer).toMatch(/^HTTP\/1\.1 403 [^]*no$/);
  });
});
