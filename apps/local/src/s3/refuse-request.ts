import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { S3Error } from './s3-error.js';
import { xmlDocument } from './s3-xml.js';

const DRAIN_MAXIMUM_BYTES = 16 * 1024 ** 2;
const DRAIN_MAXIMUM_MS = 2_000;

/**
 * Answers with an error document. First it reads what is left of an upload, within bounds: closing a
 * connection with unread bytes resets it, and the client would see the reset in place of the answer.
 */
export async function refuseRequest(
  request: IncomingMessage,
  response: ServerResponse,
  error: S3Error,
  requestId: string,
): Promise<void> {
  await drain(request);
  if (response.destroyed) return;
  const document = xmlDocument([
    'Error',
    [
      ['Code', error.code],
      ['Message', error.message],
      ['RequestId', requestId],
    ],
  ]);
  const body = request.method === 'HEAD' ? '' : document;
  response.writeHead(error.status, {
    ...error.headers,
    ...(body !== '' && { 'content-type': 'application/xml' }),
    'content-length': Buffer.byteLength(body),
    ...(!request.complete && { connection: 'close' }),
  });
  response.end(body);
}

async function drain(request: IncomingMessage): Promise<void> {
  // Whoever waits for 100-continue has not sent anything yet.
  const waiting = request.headers.expect !== undefined && !request.readableDidRead;
  if (request.complete || request.destroyed || waiting) return;
  const timeout = new AbortController();
  await Promise.race([
    readAway(request),
    delay(DRAIN_MAXIMUM_MS, undefined, { signal: timeout.signal }).catch(() => undefined),
  ]);
  timeout.abort();
}

async function readAway(request: IncomingMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    let drained = 0;
    request.on('data', (bytes: Buffer) => {
      drained += bytes.length;
      if (drained > DRAIN_MAXIMUM_BYTES) resolve();
    });
    for (const over of ['end', 'close', 'error']) request.once(over, () => resolve());
    request.resume();
  });
}
