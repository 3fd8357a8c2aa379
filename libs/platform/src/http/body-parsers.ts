import { DomainError } from '@sensorflow/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { contentEncodingUnsupported } from './content-encoding-unsupported.js';
import { contentTypeUnsupported } from './content-type-unsupported.js';
import { BodyReader, bodyTooLarge } from './body-reader.js';
import { parseJson } from './json.js';
import { DEFAULT_MAX_BODY_BYTES } from './route-settings.js';

/** Whose share of the room for bodies a request's body takes. */
export type SenderOf = (request: FastifyRequest) => string;

/**
 * Reads request bodies: JSON everywhere, NDJSON where a route says so, nothing else. Each route's
 * limit holds before a byte is read when the length is announced, and while reading when it is not.
 */
export function registerBodyParsers(server: FastifyInstance, senderOf: SenderOf): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', parserOf(JSON_BODY, senderOf));
  server.addContentTypeParser('*', parserOf(NDJSON_BODY, senderOf));
  server.addHook('onRoute', (route) => {
    const { config: { maxBodyBytes, policy } = {}, preValidation = [] } = route;
    if (maxBodyBytes === undefined || policy === undefined) return;
    route.preValidation = [requireBody, ...[preValidation].flat()];
  });
}

/** Fastify calls no parser for a request with neither a body nor a type. */
function requireBody(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  if (request.body === undefined) done(bodyMissing(request));
  else done();
}

interface Format {
  /** Before anything is read. Throws DomainError. */
  readonly assertTaken: (request: FastifyRequest) => void;
  readonly parse: (request: FastifyRequest, text: string) => unknown;
}

const JSON_BODY: Format = {
  assertTaken: () => undefined,
  parse: (request, text) => {
    if (text === '') throw bodyMissing(request);
    if (request.routeOptions.config.acceptsNdjson === true) return text;
    return parseJson(text, { numberText: numberTextOf(request) });
  },
};

function numberTextOf({ routeOptions, query }: FastifyRequest): string | undefined {
  const { numberText } = routeOptions.config;
  const isAsked =
    numberText !== undefined &&
    typeof query === 'object' &&
    query !== null &&
    numberText.parameter in query;
  return isAsked ? numberText.member : undefined;
}

const NDJSON_BODY: Format = {
  assertTaken: (request) => {
    const { acceptsNdjson } = request.routeOptions.config;
    if (acceptsNdjson !== true || !isNdjson(request)) throw contentTypeUnsupported(request);
  },
  parse: (_request, text) => text,
};

function bodyMissing({ headers }: FastifyRequest): DomainError {
  const isAnnounced =
    headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  const why = isAnnounced
    ? 'The body is empty.'
    : 'The request has no body: it says neither Content-Length nor Transfer-Encoding: chunked, so whatever is sent behind its headers is not part of it.';
  return new DomainError('invalid', 'json-malformed', `${why} This route takes JSON.`);
}

type Done = (error: Error | null, body?: unknown) => void;

/** By callbacks: as async functions, they took a twentieth of the CPU of a single reading. */
function parserOf({ assertTaken, parse }: Format, senderOf: SenderOf) {
  return (request: FastifyRequest, body: IncomingMessage, done: Done): void => {
    const refuse = (reason: Error): void => void discardAnd(body, () => done(reason));
    if (request.routeOptions.config.ignoresBody === true) {
      void discardAnd(body, () => done(null));
      return;
    }
    const parseBytes = (bytes: Buffer): void => {
      const parsed = attempt(() => parse(request, decode(bytes)));
      if (parsed instanceof Failed) refuse(parsed.error);
      else done(null, parsed);
    };
    const reading = attempt(() => {
      assertTaken(request);
      return readBytes(request, body, senderOf(request));
    });
    if (reading instanceof Failed) refuse(reading.error);
    else void reading.then(parseBytes, refuse);
  };
}

async function discardAnd(body: IncomingMessage, next: () => void): Promise<void> {
  await discard(body);
  next();
}

class Failed {
  constructor(readonly error: Error) {}
}

function attempt<T>(work: () => T): T | Failed {
  try {
    return work();
  } catch (error) {
    return new Failed(error instanceof Error ? error : new Error('no error', { cause: error }));
  }
}

const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;
const MAX_DISCARDING_MS = 2000;

/**
 * Throws away what is left of a body, within bounds. The connection is closed after a refusal, and a
 * client that is still sending then would meet a reset instead of its answer.
 */
async function discard(body: IncomingMessage): Promise<void> {
  if (body.complete || body.readableEnded || body.destroyed) return;
  await new Promise<void>((resolve) => {
    const timeout = setTimeout(resolve, MAX_DISCARDING_MS);
    let discarded = 0;
    body.on('data', (chunk: Buffer) => {
      discarded += chunk.length;
      if (discarded > MAX_DISCARDED_BYTES) resolve();
    });
    for (const end of ['end', 'close', 'error']) body.once(end, () => resolve());
    body.resume();
    void body.once('close', () => clearTimeout(timeout));
  });
}

function isNdjson(request: FastifyRequest): boolean {
  return /^application\/x-ndjson\s*(;|$)/i.test(request.headers['content-type'] ?? '');
}

/** One for the process: memory is. */
const reader = new BodyReader();

function readBytes(
  request: FastifyRequest,
  body: IncomingMessage,
  sender: string,
): Promise<Buffer> {
  assertReadable(request);
  const maxBytes = request.routeOptions.config.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw bodyTooLarge(maxBytes);
  return isGzip(request)
    ? reader.readGzip(body, maxBytes, sender)
    : reader.read(body, maxBytes, sender);
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Buffer): string {
  try {
    return UTF_8.decode(bytes);
  } catch (cause) {
    throw new DomainError('invalid', 'body-not-utf8', 'The body is not valid UTF-8.', { cause });
  }
}

const GZIP = /^(x-)?gzip$/i;

function isGzip({ headers }: FastifyRequest): boolean {
  const encoding = headers['content-encoding'];
  return encoding !== undefined && GZIP.test(encoding);
}

/** Other charsets could mean anything. */
function assertReadable(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity' && !GZIP.test(encoding)) {
    throw contentEncodingUnsupported(encoding);
  }
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw contentTypeUnsupported(request);
}
