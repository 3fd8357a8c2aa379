import { DomainError } from '@sensorflow/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { parseJson } from './json.js';
import { DEFAULT_MAX_BODY_BYTES } from './route-body.js';

/**
 * Reads request bodies: JSON everywhere, NDJSON where a route says so, nothing else. Each route's
 * limit holds before a byte is read when the length is announced, and while reading when it is not.
 */
export function registerBodyParsers(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    async (request: FastifyRequest, body: IncomingMessage) =>
      parseJson(await readText(request, body)),
  );
  server.addContentTypeParser(
    'application/x-ndjson',
    async (request: FastifyRequest, body: IncomingMessage) => {
      if (request.routeOptions.config.acceptsNdjson !== true) throw contentTypeUnsupported();
      return readText(request, body);
    },
  );
}

async function readText(request: FastifyRequest, body: IncomingMessage): Promise<string> {
  assertReadable(request);
  const maxBytes = request.routeOptions.config.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw bodyTooLarge(maxBytes);
  return decode(await readUpTo(body, maxBytes));
}

async function readUpTo(body: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a request body is made of buffers');
    size += chunk.length;
    if (size > maxBytes) throw bodyTooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
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
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw contentTypeUnsupported();
}

function contentTypeUnsupported(): DomainError {
  return new DomainError(
    'unsupported',
    'content-type-unsupported',
    'This Content-Type is not accepted here.',
  );
}

function bodyTooLarge(maxBytes: number): DomainError {
  return new DomainError(
    'too-large',
    'body-too-large',
    `This route takes at most ${maxBytes} bytes.`,
  );
}
