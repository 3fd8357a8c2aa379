import { createLogger } from '@sensorflow/platform/logging/logger.js';
import fastify, { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../../../../test/support/self-signed-certificate.js';
import { refuseBrokenRequests } from '../broken-http.js';
import { createHttpsListener, limitArrival, listenOn } from './https-listener.js';
import { ServedCertificate } from './served-certificate.js';

const WITHIN_MS = 150;

let folder: string;
let server: FastifyInstance;
let listener: Server;
let clients: TLSSocket[];

beforeEach(async () => {
  clients = [];
  folder = mkdtempSync(join(tmpdir(), 'sensorflow-https-'));
  const { cert, key } = selfSignedCertificate();
  const file = join(folder, 'both.pem');
  writeFileSync(file, `${key}${cert}`);
  const files = { certificateFile: file, keyFile: file };
  server = fastify({ http: { requireHostHeader: false } });
  refuseBrokenRequests(server);
  limitArrival(server, ({ url }) => url === '/upload', WITHIN_MS);
  server.get('/', ({ protocol }) => protocol);
  server.post('/', () => 'read');
  server.post('/upload', () => 'read');
  server.post(
    '/refused',
    { onRequest: async (_request, reply) => reply.status(401).send() },
    () => {
      throw new Error('never read');
    },
  );
  listener = createHttpsListener(server, new ServedCertificate(files, createLogger('silent')));
  await server.ready();
  await listenOn(listener, 0, '127.0.0.1');
});

afterEach(async () => {
  for (const one of clients) one.destroy();
  await server.close();
  rmSync(folder, { recursive: true });
});

async function client(...lines: readonly string[]): Promise<TLSSocket> {
  const { port } = listener.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  socket.on('error', () => undefined);
  clients.push(socket);
  await once(socket, 'secureConnect');
  if (lines.length > 0) socket.write([...lines, '', ''].join('\r\n'));
  return socket;
}

const HALF = ['content-type: application/json', 'content-length: 100', '', '{'];

describe('the listener for HTTPS', () => {
  it('has the routes of its server, which know that they are asked by HTTPS', async () => {
    const asking = await client('GET / HTTP/1.1', 'host: x', 'connection: close');

    expect(await textOf(asking)).toMatch(/^HTTP\/1\.1 200 [^]*https$/);
  });

  it('waits for the rest of a body no longer than the other listener', async () => {
    const slow = await client('POST / HTTP/1.1', 'host: x', ...HALF);

    expect(await textOf(slow)).toMatch(/^HTTP\/1\.1 408 [^]*"request-timeout"/);
  });

  it('waits no longer for what follows an early answer', async () => {
    const slow = await client(
      'POST /refused HTTP/1.1',
      'host: x',
      'content-length: 1000000',
      '',
      '',
    );
    const drip = setInterval(() => slow.write('a'), 20);

    const text = await textOf(slow);
    clearInterval(drip);

    expect(text).toMatch(/^HTTP\/1\.1 401 [^]*HTTP\/1\.1 408 [^]*"request-timeout"/);
  });

  it('leaves a connection alone whose requests have arrived', async () => {
    const quick = await client('POST /refused HTTP/1.1', 'host: x', 'content-length: 1', '', 'a');
    const slow = await client('POST / HTTP/1.1', 'host: x', ...HALF);
    await textOf(slow);

    expect(quick.destroyed).toBe(false);
    expect(String(quick.read())).not.toContain('408');
  });

  it('waits longer for an upload', async () => {
    const upload = await client('POST /upload HTTP/1.1', 'host: x', ...HALF);
    const slow = await client('POST / HTTP/1.1', 'host: x', ...HALF);
    await textOf(slow);

    expect(upload.destroyed).toBe(false);
    expect(upload.read()).toBeNull();
  });

  it('answers what is no HTTP, and says that it is no proxy', async () => {
    const broken = await client('NO HTTP');
    const tunnel = await client('CONNECT x:443 HTTP/1.1', 'host: x');

    expect(await textOf(broken)).toMatch(/^HTTP\/1\.1 400 [^]*"http-malformed"/);
    expect(await textOf(tunnel)).toMatch(/^HTTP\/1\.1 501 [^]*"tunnel-unsupported"/);
  });

  it('closes with its server, even with clients still connected', async () => {
    const idle = await client('GET / HTTP/1.1', 'host: x');
    await once(idle, 'data');
    const ended = once(idle, 'close');

    await server.close();

    expect(listener.listening).toBe(false);
    await ended;
  });
});
