import { DomainError } from '@sensorflow/kernel';
import { problem, PROBLEM_CONTENT_TYPE } from '@sensorflow/platform/http/problem-details.js';
import type { FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Node's parser errors that are more than a plain bad request. */
const FAULTS: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'headers-too-large', 'The request line and headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request-timeout', 'The request did not arrive in time.'],
};
const BAD_REQUEST = [400, 'http-malformed', 'This is not valid HTTP/1.1.'] as const;

/** Answers what is not HTTP at all, before there is a request that a filter could see. */
export function answerBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, detail] = FAULTS[error.code ?? ''] ?? BAD_REQUEST;
  const requestId = randomUUID();
  const document = problem(status, code, detail, requestId);
  const body = JSON.stringify(document);
  socket.end(
    [
      `HTTP/1.1 ${status} ${document.title}`,
      `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

/** What Node would refuse with an empty answer, refused with a problem document. Call it before all other hooks. */
export function refuseBrokenRequests(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const isBroken = request.raw.httpVersion === '1.1' && !request.raw.headers.host;
    done(isBroken ? hostMissing() : undefined);
  });
  server.server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const detail = 'The only expectation that is met here is 100-continue.';
    const requestId = randomUUID();
    const document = problem(417, 'expectation-unsupported', detail, requestId);
    response.writeHead(417, { 'content-type': PROBLEM_CONTENT_TYPE, 'x-request-id': requestId });
    response.end(JSON.stringify(document));
  });
}

function hostMissing(): DomainError {
  return new DomainError('invalid', 'host-missing', 'HTTP/1.1 needs a Host header.');
}
