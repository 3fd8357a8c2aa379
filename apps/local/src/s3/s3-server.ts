import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { SystemClock, type Clock } from '@sensorflow/kernel';
import { readAuthorization } from '../aws-signature/authorization.js';
import { readSignedRequest, type SignedRequest } from '../aws-signature/signed-request.js';
import { verifySignature, type Credentials } from '../aws-signature/verify-signature.js';
import { startLoopbackServer, type RunningServer } from '../http/loopback-server.js';
import type { MessageQueue } from '../sqs/message-queue.js';
import { corsHeaders, preflightHeaders } from './cors.js';
import { listBuckets } from './list-buckets.js';
import { ObjectFiles } from './object-files.js';
import { firstKey, listingDocument, listPage, readListQuery } from './object-listing.js';
import { ObjectStore, type StoredBucket } from './object-store.js';
import { putObject } from './put-object.js';
import { readObject } from './read-object.js';
import { refuseRequest } from './refuse-request.js';
import { S3Error, s3ErrorOf } from './s3-error.js';
import type { S3Exchange } from './s3-exchange.js';
import {
  effectiveHeaders,
  readAddress,
  readOperation,
  readPayloadHash,
  type S3Operation,
} from './s3-request.js';

export interface S3Bucket extends StoredBucket {
  /** Exact origins of the pages that may use presigned URLs. */
  readonly corsOrigins: readonly string[];
}

export interface S3ServerOptions {
  /** Objects lie in `<dataDir>/s3/`, all else in the queue's database. */
  readonly dataDir: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly region: string;
  readonly credentials: Credentials;
  readonly buckets: readonly S3Bucket[];
  readonly queue: MessageQueue;
  readonly clock?: Clock;
  /** Told of faults that a client only sees as InternalError. */
  readonly onFault?: (error: unknown) => void;
}

interface S3Context {
  readonly options: S3ServerOptions;
  readonly store: ObjectStore;
  readonly clock: Clock;
}

/**
 * The embedded S3: path-style addressing, every request signed. Its buckets are made and swept before
 * it listens; the caller closes the queue's database after it has closed the server.
 */
export async function startS3Server(options: S3ServerOptions): Promise<RunningServer> {
  const clock = options.clock ?? new SystemClock();
  const files = new ObjectFiles(join(options.dataDir, 's3'));
  const store = new ObjectStore(files, options.queue, options.region, clock);
  for (const { name } of options.buckets) {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
      throw new TypeError(`Not a bucket name: ${name}`);
    }
    await store.openBucket(name);
  }
  const context = { options, store, clock };
  // Its own CORS rules say which pages may.
  const server = { on: options.port, allowsPages: true };
  return startLoopbackServer(server, (request, response) => answer(request, response, context));
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  context: S3Context,
): Promise<void> {
  const requestId = randomBytes(8).toString('hex').toUpperCase();
  response.setHeader('x-amz-request-id', requestId);
  try {
    await dispatch(request, response, requestId, context);
  } catch (error) {
    if (isClientGone(error)) {
      response.destroy();
      return;
    }
    const known = s3ErrorOf(error);
    if (!known) context.options.onFault?.(error);
    if (response.headersSent) response.destroy();
    else await refuseRequest(request, response, known ?? internalError(), requestId);
  }
}

async function dispatch(
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  context: S3Context,
): Promise<void> {
  const signed = readSignedRequest(request);
  const { bucket: bucketName, key } = readAddress(signed.path);
  const bucket = context.options.buckets.find(({ name }) => name === bucketName);
  const origins = bucket?.corsOrigins ?? [];
  for (const [name, value] of Object.entries(corsHeaders(signed, origins))) {
    response.setHeader(name, value);
  }
  if (signed.method === 'OPTIONS') {
    response.writeHead(200, { ...preflightHeaders(signed, origins), 'content-length': 0 }).end();
    return;
  }
  const proof = authenticate(signed, context);
  const { store } = context;
  if (signed.path === '/') {
    await listBuckets(signed, context.options.buckets, store, response);
    return;
  }
  if (!bucket) {
    throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
  }
  const operation = readOperation(signed, key);
  const headers = effectiveHeaders(signed);
  const exchange = { request, response, requestId, signed, headers, bucket, key, store };
  await OPERATIONS[operation]({ ...exchange, ...proof });
}

function authenticate(signed: SignedRequest, { options, clock }: S3Context) {
  const authorization = readAuthorization(signed);
  const payloadHash = readPayloadHash(signed, authorization);
  const policy = {
    service: 's3',
    region: options.region,
    credentials: options.credentials,
  } as const;
  const now = clock.nowEpochMs();
  const chunkSignatures = verifySignature(signed, authorization, payloadHash, policy, now);
  return { payloadHash, chunkSignatures };
}

const OPERATIONS: Readonly<Record<S3Operation, (exchange: S3Exchange) => void | Promise<void>>> = {
  HeadBucket: ({ response }) => void response.writeHead(200).end(),
  ListObjectsV2: listObjects,
  PutObject: putObject,
  GetObject: readObject,
  HeadObject: readObject,
  DeleteObject: deleteObject,
};

function listObjects({ signed, store, bucket, response }: S3Exchange): void {
  const query = readListQuery(signed);
  const listing = listPage(query, store.from(bucket.name, firstKey(query)));
  const document = listingDocument(bucket.name, query, listing);
  response.writeHead(200, { 'content-type': 'application/xml' }).end(document);
}

async function deleteObject({ store, bucket, key, response }: S3Exchange): Promise<void> {
  await store.remove(bucket.name, key);
  response.writeHead(204).end();
}

function internalError(): S3Error {
  return new S3Error(500, 'InternalError', 'We encountered an internal error. Please try again.');
}

/** Hanging up is the client's right, and no fault of ours. */
function isClientGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'EPIPE';
}
