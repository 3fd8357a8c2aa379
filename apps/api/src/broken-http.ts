import { problem, PROBLEM_CONTENT_TYPE } from '@sensorflow/platform/http/problem-details.js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HEADERS_OF_DATA } from './answer-headers.js';

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** What Node's parser found, in words, where that is more than the rest of them. */
const MALFORMED_DETAILS: Readonly<Record<string, string>> = {
  HPE_INVALID_CONTENT_LENGTH: 'Content-Length is not a number of bytes.',
  HPE_UNEXPECTED_CONTENT_LENGTH:
    'Content-Length is there twice, or beside Transfer-Encoding: send one of them, once.',
  HPE_INVALID_TRANSFER_ENCODING:
    'Transfer-Encoding is there beside Content-Length, or is not chunked: send one of them.',
  HPE_INVALID_CHUNK_SIZE: 'A chunk of the body begins with its size in hexadecimal digits.',
  HPE_INVALID_HEADER_TOKEN: 'A header has a name, a colon and a value without control characters.',
  HPE_INVALID_VERSION: 'This server speaks HTTP/1.1.',
  HPE_PAUSED_H2_UPGRADE: 'This server speaks HTTP/1.1, not HTTP/2.',
};
const NOT_HTTP = 'This is not valid HTTP/1.1.';
const TLS = 'This is TLS, and plain HTTP is spoken here: the URL begins with http://.';
const BEHIND_REQUEST =
  'What follows the previous request is not a request. If it is the rest of a body, the Content-Length of that request is missing or too small.';
/** The first byte of every connection by TLS. */
const TLS_HANDSHAKE = 0x16;

function malformed(detail: string): Refusal {
  return { status: 400, code: 'http-malformed', detail };
}

const HEADERS_TOO_LARGE: Refusal = {
  status: 431,
  code: 'headers-too-large',
  detail: 'The request line and headers are too large.',
};

function tooSlow(detail: string): Refusal {
  return { status: 408, code: 'request-timeout', detail };
}
const HOST_MISSING: Refusal = {
  status: 400,
  code: 'host-missing',
  detail: 'HTTP/1.1 needs a Host header.',
};
const HOST_REPEATED: Refusal = {
  status: 400,
  code: 'host-repeated',
  detail: 'Send exactly one Host header.',
};
const HOST_MALFORMED: Refusal = {
  status: 400,
  code: 'host-malformed',
  detail: 'The Host header is a name or an address, and a port if there is one.',
};
const TRANSFER_ENCODING_UNSUPPORTED: Refusal = {
  status: 501,
  code: 'transfer-encoding-unsupported',
  detail: 'The only supported Transfer-Encoding is chunked, in HTTP/1.1.',
};
const EXPECTATION_UNSUPPORTED: Refusal = {
  status: 417,
  code: 'expectation-unsupported',
  detail: 'The only supported Expect value is 100-continue.',
};
const NO_TUNNELS: Refusal = {
  status: 501,
  code: 'tunnel-unsupported',
  detail: 'CONNECT is not supported: this server is not a proxy.',
};

/** @property rawPacket what was being read */
type ParserError = Error & { readonly code?: string; readonly rawPacket?: unknown };

/** From the answer that closes a connection to its end, whatever the client does. */
const CLOSING_MS = 1000;

/** The newest answer of each connection. */
const answers = new WeakMap<Duplex, ServerResponse>();

/**
 * Answers what is not HTTP at all, before there is a request that a filter could see. What comes behind a
 * request never gets into its answer.
 */
export function answerBrokenHttp(error: ParserError, socket: Socket): void {
  const answer = answers.get(socket);
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else if (answer && isUnderWay(answer)) answer.once('finish', () => socket.end());
  else endWith(refusalOfBytes(error, answer), socket);
}

/** @param answer the newest of the connection */
function refusalOfBytes(
  { code = '', rawPacket }: ParserError,
  answer: ServerResponse | undefined,
): Refusal {
  if (code === 'HPE_HEADER_OVERFLOW') return HEADERS_TOO_LARGE;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return tooSlow(arrivedLate(answer));
  const detail = MALFORMED_DETAILS[code];
  if (detail !== undefined) return malformed(detail);
  if (answer) return malformed(BEHIND_REQUEST);
  const isTls = rawPacket instanceof Uint8Array && rawPacket[0] === TLS_HANDSHAKE;
  return malformed(isTls ? TLS : NOT_HTTP);
}

function arrivedLate(answer: ServerResponse | undefined): string {
  const length =
    answer?.writableFinished === false ? answer.req.headers['content-length'] : undefined;
  return length === undefined
    ? 'The request did not arrive in time.'
    : `The body did not arrive in time: fewer bytes came than the ${length} that Content-Length announces.`;
}

/** The answer to a request that has arrived, or that is answered already. */
function isUnderWay({ req, headersSent, writableFinished }: ServerResponse): boolean {
  return !writableFinished && (req.complete || headersSent);
}

function endWith(refusal: Refusal, socket: Duplex): void {
  const { title, headers, body } = answerOf(refusal, randomUUID());
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${refusal.status} ${title}`, ...lines, '', body].join('\r\n'));
  // A client that still sends gets the answer before a reset; one that never closes does not keep the connection.
  const timer = setTimeout(() => socket.destroy(), CLOSING_MS);
  socket.resume().once('close', () => clearTimeout(timer));
}

/** Waits for the answers to earlier requests. */
function refuseTunnel(socket: Duplex): void {
  // Node no longer handles this socket's errors, and unhandled ones would end the process.
  socket.on('error', () => socket.destroy());
  const answer = answers.get(socket);
  const refuse = (): void => endWith(NO_TUNNELS, socket);
  if (answer && isUnderWay(answer)) answer.once('finish', refuse);
  else refuse();
}

/** Closes the connection: after a request whose framing is in doubt, the start of the next one is unknown. */
function answerOf({ status, code, detail }: Refusal, requestId: string) {
  const document = problem(status, code, detail, requestId);
  const body = JSON.stringify(document);
  const headers = {
    ...HEADERS_OF_DATA,
    'content-type': PROBLEM_CONTENT_TYPE,
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
    connection: 'close',
  };
  return { title: document.title, headers, body };
}

/** What Node would take, or refuse with an empty answer, refused with a problem document. Call it before all other hooks. */
export function refuseBrokenRequests(server: FastifyInstance): void {
  const refusedSockets = new WeakSet<Duplex>();
  server.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw;
    // The connection closes behind the refusal; closing it here would take the answers that come before.
    if (refusedSockets.has(socket)) return;
    const refusal = refusalOf(request.raw);
    answers.set(socket, reply.raw);
    if (refusal) {
      refusedSockets.add(socket);
      send(refusal, request, reply);
    } else done();
  });
  refuseBesideRequests(server.server);
}

/** What arrives at a listener and never becomes a request of its server. */
export function refuseBesideRequests(listener: Server): void {
  listener.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const { headers, body } = answerOf(EXPECTATION_UNSUPPORTED, randomUUID());
    response.writeHead(EXPECTATION_UNSUPPORTED.status, headers);
    response.end(body);
  });
  listener.on('connect', (_request: IncomingMessage, socket: Duplex) => refuseTunnel(socket));
}

function send(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): void {
  const { headers, body } = answerOf(refusal, request.id);
  void reply.status(refusal.status).headers(headers).send(body);
}

/** Narrower than RFC 3986, which has room for a comma: two readers could see two hosts. */
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;

function refusalOf({ httpVersion, headers, rawHeaders }: IncomingMessage): Refusal | undefined {
  if (httpVersion === '1.1' && !headers.host) return HOST_MISSING;
  if (isHostRepeated(rawHeaders)) return HOST_REPEATED;
  if (headers.host && !HOST.test(headers.host)) return HOST_MALFORMED;
  const encoding = headers['transfer-encoding'];
  if (encoding === undefined) return undefined;
  // HTTP/1.0 has none: another reader of the connection would see the body as the next request.
  const isSupported = httpVersion === '1.1' && encoding.toLowerCase() === 'chunked';
  return isSupported ? undefined : TRANSFER_ENCODING_UNSUPPORTED;
}

/** In the raw headers, because Node keeps the first of several. */
function isHostRepeated(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}
