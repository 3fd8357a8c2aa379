import { routeWebSockets } from '@sensorflow/platform/http/web-sockets.js';
import { HTTP_TIMING } from '@sensorflow/platform/resources/http-timing.js';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { answerBrokenHttp, refuseBesideRequests } from '../broken-http.js';
import { CONNECTION_LIMITS } from '../connection-limits.js';
import { UPLOAD_DEADLINE_MS } from './forwarded-routes.js';
import { isEncrypted } from './https-required.js';
import type { ServedCertificate } from './served-certificate.js';

/** What is open that long after the server began to close is cut. */
const CLOSING_MS = HTTP_TIMING.exitMs - 1000;

/** HTTPS beside the server's own listener: the same routes, hooks and limits. Call it before the server is ready. */
export function createHttpsListener(
  server: FastifyInstance,
  certificate: ServedCertificate,
): Server {
  const limits = { ...CONNECTION_LIMITS, requestTimeout: UPLOAD_DEADLINE_MS };
  const tls = {
    ...certificate.current,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HTTP_TIMING.headersMs,
    ALPNProtocols: ['http/1.1'],
  } as const;
  const listener = createServer({ ...limits, ...tls }, (request, response) =>
    server.routing(request, response),
  );
  listener.keepAliveTimeout = HTTP_TIMING.keepAliveMs;
  answerBrokenConnections(listener);
  refuseBesideRequests(listener);
  routeWebSockets(server, listener);
  certificate.renewOn(listener);
  closeWith(server, listener);
  return listener;
}

/** Who never got through the handshake understands no answer: the connection ends. */
function answerBrokenConnections(listener: Server): void {
  const encrypted = new WeakSet<Duplex>();
  listener.on('secureConnection', (socket) => encrypted.add(socket));
  listener.on('clientError', (error, socket) => {
    if (socket instanceof Socket && encrypted.has(socket)) answerBrokenHttp(error, socket);
    else socket.destroy();
  });
}

/** Rejects when the port is taken. */
export async function listenOn(listener: Server, port: number, host: string): Promise<void> {
  listener.listen(port, host);
  await once(listener, 'listening');
}

/**
 * The listener waits an hour for a request, for the sake of uploads; every other has the usual seconds, from its
 * headers on.
 */
export function limitArrival(
  server: FastifyInstance,
  isUpload: (request: FastifyRequest) => boolean,
  withinMs: number = HTTP_TIMING.requestMs,
): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    const hasBody = length !== '0' || encoding !== undefined;
    if (hasBody && isEncrypted(request) && !isUpload(request)) {
      endUnlessArrived(request.raw, withinMs);
    }
    done();
  });
}

/** An early answer does not end the request: what its client still sends is waited for no longer either. */
function endUnlessArrived(request: IncomingMessage, withinMs: number): void {
  const { socket } = request;
  const timer = setTimeout(() => {
    forget();
    if (!request.complete) answerBrokenHttp(new LateRequestError(), socket);
  }, withinMs);
  const forget = (): void => {
    clearTimeout(timer);
    request.off('end', forget);
    socket.off('close', forget);
  };
  request.once('end', forget);
  socket.once('close', forget);
}

/** As Node's server says it. */
class LateRequestError extends Error {
  override readonly name = 'LateRequestError';
  readonly code = 'ERR_HTTP_REQUEST_TIMEOUT';
}

/** Takes no connections as soon as the server closes, and is closed when that is. */
function closeWith(server: FastifyInstance, listener: Server): void {
  let closed: Promise<unknown> | undefined;
  server.addHook('preClose', async () => {
    if (!listener.listening) return;
    closed = once(listener, 'close');
    listener.close();
    setTimeout(() => listener.closeAllConnections(), CLOSING_MS).unref();
  });
  server.addHook('onClose', async () => {
    listener.closeIdleConnections();
    await closed;
  });
}
