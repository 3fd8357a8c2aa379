import { DomainError } from '@sensorflow/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
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
  const read: ReadBytes = (request, body) => readBytes(request, body, senderOf(request));
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', parseWith(readJson, read));
  server.addContentTypeParser('*', parseWith(readNdjson, read));
}

type ReadBytes = (request: FastifyRequest, body: IncomingMessage) => Promise<Buffer>;
type Parse = (request: FastifyRequest, body: IncomingMessage, read: ReadBytes) => Promise<unknown>;

function parseWith(parse: Parse, read: ReadBytes) {
  return async (request: FastifyRequest, body: IncomingMessage): Promise<unknown> => {
    try {
      if (request.routeOptions.config.ignoresBody !== true) return await parse(request, body, read);
      await discard(body);
      return undefined;
    } catch (error) {
      await discard(body);
      throw error;
    }
  };
}

async function readJson(
  request: FastifyRequest,
  body: IncomingMessage,
  read: ReadBytes,
): Promise<unknown> {
  const text = decode(await read(request, body));
  return request.routeOptions.config.acceptsNdjson === true ? text : parseJson(text);
}

async function readNdjson(
  request: FastifyRequest,
  body: IncomingMessage,
  read: ReadBytes,
): Promise<string> {
  const { acceptsNdjson } = request.routeOptions.config;
  if (acceptsNdjson !== true || !isNdjson(request)) throw contentTypeUnsupported(request);
  return decode(await read(request, body));
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
  return reader.read(body, maxBytes, sender);
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Buffer): string {
  try {
    return UTF_8.decode(bytes);
  } catch (cause) {
    throw new DomainError('invalid', 'body-not-utf8', 'The body is not valid UTF-8.', { cause });
  }
}

/** Compressed bodies could unpack to anything; other charsets could mean anything. */
function assertReadable(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new DomainError(
      'unsupported',
      'content-encoding-unsupported',
      'Send the body as it is, without Content-Encoding.',
    );
  }
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw contentTypeUnsupported(request);
}
