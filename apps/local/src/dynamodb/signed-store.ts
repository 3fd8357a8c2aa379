import { DomainError, SystemClock } from '@sensorflow/kernel';
import { BodyReader } from '@sensorflow/platform/http/body-reader.js';
import {
  Agent,
  request as send,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Server as Listener } from 'node:net';
import { pipeline } from 'node:stream/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import { readAuthorization } from '../aws-signature/authorization.js';
import { readSignedRequest } from '../aws-signature/signed-request.js';
import { sha256Hex } from '../aws-signature/signing-key.js';
import { verifySignature, type Credentials } from '../aws-signature/verify-signature.js';
import { startLoopbackServer, type RunningServer } from '../http/loopback-server.js';
import { StoreError, storeErrorOf } from './store-error.js';

/** DynamoDB's limit for a request. */
const MAXIMUM_BODY_BYTES = 16 * 1024 ** 2;
/** Half of it for the one key there is. Beyond that large bodies are refused, and the SDK sends them again. */
const BODY_ROOMS = { largeBytes: 8 * MAXIMUM_BODY_BYTES, smallBytes: 2 * MAXIMUM_BODY_BYTES };
/** For a request to arrive whole. Whoever knows the key id alone may be slow, and no slower. */
const REQUEST_TIMEOUT_MS = 10_000;
const STORE_CONNECTIONS = 64;
/** For an answer to begin, five times what the API waits: a store that is silent keeps no turn to write. */
const STORE_TIMEOUT_MS = 10_000;
/**
 * dynoxide does one thing at a time, whatever arrives, and every read waits behind all writes; DynamoDB's reads
 * do not. Side by side, batches are no faster. Single writes are short, and faster where the next one is there.
 */
const BATCHES_AT_A_TIME = 1;
const WRITES_AT_A_TIME = 4;
const BATCH_TARGET = /^DynamoDB_20120810\.(?:BatchWriteItem|TransactWriteItems)$/u;
const WRITE_TARGET = /^DynamoDB_20120810\.(?:PutItem|UpdateItem|DeleteItem)$/u;

export interface SignedStoreOptions {
  readonly on: number | Listener;
  readonly region: string;
  readonly credentials: Credentials;
  /** Where dynoxide listens, which checks neither host nor signature. */
  readonly store: { readonly host: string; readonly port: number };
  /** Told of faults that a client only sees as a broken connection. */
  readonly onFault?: (error: unknown) => void;
}

/**
 * The embedded DynamoDB's only way in, for the tables and their streams: what is signed by the
 * installation's secret goes to dynoxide, all else is refused. A body is read whole before it is
 * passed on, because its signature covers it; an answer flows at its reader's pace.
 */
export async function startSignedStore(options: SignedStoreOptions): Promise<RunningServer> {
  const agent = new Agent({ keepAlive: true, maxSockets: STORE_CONNECTIONS });
  const bodies = new BodyReader(BODY_ROOMS);
  const batches = pLimit(BATCHES_AT_A_TIME);
  const writes = pLimit(WRITES_AT_A_TIME);
  const gateway = { options, agent, bodies, batches, writes, clock: new SystemClock() };
  const settings = { on: options.on, requestTimeoutMs: REQUEST_TIMEOUT_MS };
  const server = await startLoopbackServer(settings, (request, response) =>
    answer(request, response, gateway),
  );
  return {
    ...server,
    close: async () => {
      await server.close();
      agent.destroy();
    },
  };
}

interface Gateway {
  readonly options: SignedStoreOptions;
  readonly agent: Agent;
  readonly bodies: BodyReader;
  readonly batches: LimitFunction;
  readonly writes: LimitFunction;
  readonly clock: SystemClock;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  gateway: Gateway,
): Promise<void> {
  try {
    const stored = await forward(request, response, gateway);
    response.writeHead(stored.statusCode ?? 502, only(SHOWN, stored.headers));
    await pipeline(stored, response);
  } catch (error) {
    const known = storeErrorOf(error);
    if (known !== undefined && !response.headersSent) refuse(response, known);
    else {
      if (!response.destroyed) gateway.options.onFault?.(error);
      // As a store that went away: the SDK tries again.
      response.destroy();
    }
  }
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  gateway: Gateway,
): Promise<IncomingMessage> {
  const { options, bodies, batches, writes, clock } = gateway;
  const signed = readSignedRequest(request);
  const authorization = readAuthorization(signed);
  const policy = {
    service: 'dynamodb',
    region: options.region,
    credentials: options.credentials,
  } as const;
  requireKnownCaller(authorization.accessKeyId, policy.credentials);
  if (request.method !== 'POST' || request.url !== '/') throw unknownOperation();
  requireLength(request);
  if (request.headers.expect !== undefined) response.writeContinue();
  const sender = authorization.accessKeyId;
  const body = await bodies.read(request, MAXIMUM_BODY_BYTES, sender).catch(asStoreError);
  verifySignature(signed, authorization, sha256Hex(body), policy, clock.nowEpochMs());
  const exchanged = () => exchange(request, response, body, gateway);
  const target = String(request.headers['x-amz-target']);
  if (BATCH_TARGET.test(target)) return batches(exchanged);
  return WRITE_TARGET.test(target) ? writes(exchanged) : exchanged();
}

/** Nobody else's body is read at all. */
function requireKnownCaller(accessKeyId: string, credentials: Credentials): void {
  if (accessKeyId === credentials.accessKeyId) return;
  const message = 'The security token included in the request is invalid.';
  throw new StoreError(400, 'UnrecognizedClientException', message);
}

/** As DynamoDB does; what is too long is refused before a byte of it is sent. */
function requireLength({ headers }: IncomingMessage): void {
  const length = Number(headers['content-length'] ?? Number.NaN);
  if (Number.isNaN(length)) {
    throw new StoreError(411, 'SerializationException', 'The request needs a content-length.');
  }
  if (length <= MAXIMUM_BODY_BYTES) return;
  const message = `A request has at most ${MAXIMUM_BODY_BYTES} bytes.`;
  throw new StoreError(413, 'RequestEntityTooLargeException', message);
}

function asStoreError(error: unknown): never {
  if (!(error instanceof DomainError) || error.kind !== 'overloaded') throw error;
  throw new StoreError(503, 'ServiceUnavailable', error.message);
}

/** Sends the request on and resolves with the answer's head; ends when the caller has gone, or the store is silent. */
async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  { options, agent }: Gateway,
): Promise<IncomingMessage> {
  if (response.destroyed) throw new Error('The caller went away while it waited for its turn.');
  const { host, port } = options.store;
  const headers = { ...only(PASSED_ON, request.headers), 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const settings = { host, port, headers, agent, timeout: STORE_TIMEOUT_MS };
    const stored = send({ ...settings, method: 'POST', path: '/' }).on('error', reject);
    stored.once('timeout', () => stored.destroy(new Error('The store did not answer.')));
    stored.once('response', (head) => {
      // From here on, the caller's pace counts.
      stored.setTimeout(0);
      resolve(head);
    });
    response.once('close', () => {
      if (!response.writableFinished) stored.destroy(new Error('The caller went away.'));
    });
    stored.end(body);
  });
}

/** dynoxide wants the form of a signature; it does not check it. */
const PASSED_ON = ['authorization', 'content-type', 'x-amz-date', 'x-amz-target'];
/** Nothing that would let a page read the answer. */
const SHOWN = ['content-length', 'content-type', 'x-amz-crc32', 'x-amzn-requestid'];

function only(names: readonly string[], headers: IncomingHttpHeaders): Record<string, string> {
  const pairs = names.map((name) => [name, headers[name]] as const);
  return Object.fromEntries(
    pairs.filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

function unknownOperation(): StoreError {
  return new StoreError(400, 'UnknownOperationException', 'The only address is POST /.');
}

function refuse(response: ServerResponse, { status, code, message }: StoreError): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    // The rest of its body may be unread.
    connection: 'close',
  });
  response.end(JSON.stringify({ __type: `com.amazon.coral.service#${code}`, message }));
}
