import { queryValue, type SignedRequest } from '../aws-signature/signed-request.js';
import type { UnverifiedAuthorization } from '../aws-signature/authorization.js';
import { invalidArgument, invalidRequest, notImplemented, S3Error } from './s3-error.js';

const MAXIMUM_KEY_BYTES = 1024;
const STREAMING_PAYLOADS: ReadonlySet<string> = new Set([
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
]);

export type S3Operation =
  'HeadBucket' | 'ListObjectsV2' | 'PutObject' | 'GetObject' | 'HeadObject' | 'DeleteObject';

const LIST_PARAMETERS = [
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'continuation-token',
  'start-after',
  'encoding-type',
  'fetch-owner',
];
/** Response headers that a reader may choose (`response-content-disposition` and its like). */
const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];
const OVERRIDE_PARAMETERS = OVERRIDES.map((name) => `response-${name}`);
const PARAMETERS: Readonly<Record<S3Operation, readonly string[]>> = {
  HeadBucket: [],
  ListObjectsV2: LIST_PARAMETERS,
  PutObject: [],
  GetObject: OVERRIDE_PARAMETERS,
  HeadObject: OVERRIDE_PARAMETERS,
  DeleteObject: [],
};
const HEADERS: ReadonlySet<string> = new Set([
  'x-amz-checksum-mode',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-decoded-content-length',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-trailer',
  'x-amz-user-agent',
]);
const HEADER_PREFIXES = ['x-amz-meta-', 'x-amz-checksum-'];

/** Path-style addressing: `/<bucket>/<key>`. An empty key means the bucket itself. */
export function readAddress(path: string): { readonly bucket: string; readonly key: string } {
  const slash = path.indexOf('/', 1);
  const bucket = slash === -1 ? path.slice(1) : path.slice(1, slash);
  const key = slash === -1 ? '' : path.slice(slash + 1);
  if (Buffer.byteLength(key) > MAXIMUM_KEY_BYTES) {
    throw new S3Error(400, 'KeyTooLongError', 'Your key is too long.');
  }
  if (path.includes('\u0000')) throw invalidArgument('A key must not contain NUL.');
  return { bucket, key };
}

/**
 * The operation that a request asks for. What this server does not implement is refused, by its
 * parameters too: `PUT ?acl` taken for an upload would destroy the object.
 */
export function readOperation(request: SignedRequest, key: string): S3Operation {
  const operation = key === '' ? bucketOperation(request) : objectOperation(request);
  const foreign = request.query
    .map(([name]) => name)
    .filter((name) => name !== 'x-id' && !/^x-amz-/i.test(name))
    .find((name) => !PARAMETERS[operation].includes(name));
  if (foreign !== undefined) throw notImplemented(`The parameter ${foreign}`);
  return operation;
}

function bucketOperation(request: SignedRequest): S3Operation {
  if (request.method === 'HEAD') return 'HeadBucket';
  if (request.method === 'GET' && queryValue(request, 'list-type') === '2') return 'ListObjectsV2';
  throw notImplemented(`${request.method} on a bucket`);
}

function objectOperation(request: SignedRequest): S3Operation {
  if (request.method === 'PUT') return 'PutObject';
  if (request.method === 'GET') return 'GetObject';
  if (request.method === 'HEAD') return 'HeadObject';
  if (request.method === 'DELETE') return 'DeleteObject';
  throw new S3Error(
    405,
    'MethodNotAllowed',
    'The specified method is not allowed against this resource.',
  );
}

/**
 * The request's headers and, below them, the `x-amz-*` parameters of a presigned URL: the presigner
 * moves such headers into the query, and S3 obeys them there.
 */
export function effectiveHeaders(request: SignedRequest): ReadonlyMap<string, string> {
  const hoisted = request.query
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => name.startsWith('x-amz-') && !CLAIMS.has(name));
  for (const [name, value] of hoisted) refuseUnsafeHeader(name, value);
  const headers = new Map([...hoisted, ...request.headers]);
  const foreign = [...headers.keys()]
    .filter((name) => name.startsWith('x-amz-') && !HEADERS.has(name))
    .find((name) => !HEADER_PREFIXES.some((prefix) => name.startsWith(prefix)));
  if (foreign !== undefined) throw notImplemented(`The header ${foreign}`);
  return headers;
}

const CLAIMS: ReadonlySet<string> = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-expires',
  'x-amz-signedheaders',
  'x-amz-signature',
]);

/** How the signature says that it covers the body. Throws for a value that S3 does not know. */
export function readPayloadHash(
  request: SignedRequest,
  authorization: UnverifiedAuthorization,
): string {
  const presigned = authorization.kind === 'query';
  const hash =
    request.headers.get('x-amz-content-sha256') ??
    queryValue(request, 'X-Amz-Content-Sha256') ??
    (presigned ? 'UNSIGNED-PAYLOAD' : undefined);
  if (hash === undefined) {
    throw invalidRequest('Missing required header for this request: x-amz-content-sha256');
  }
  const streaming = !presigned && STREAMING_PAYLOADS.has(hash);
  if (hash === 'UNSIGNED-PAYLOAD' || /^[0-9a-f]{64}$/.test(hash) || streaming) return hash;
  throw invalidArgument(
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a streaming payload or a valid sha256 value.',
  );
}

/** The response headers that the reader chose, such as `content-disposition`. */
export function responseOverrides(request: SignedRequest): Readonly<Record<string, string>> {
  const chosen = OVERRIDES.map((name) => [name, queryValue(request, `response-${name}`)] as const);
  const given = chosen.filter((each): each is [string, string] => each[1] !== undefined);
  for (const [name, value] of given) refuseUnsafeHeader(name, value);
  return Object.fromEntries(given);
}

/** A line break would end the header and begin another. */
function refuseUnsafeHeader(name: string, value: string): void {
  const safe = /^[\t\x20-\x7e\x80-\xff]*$/.test(value) && /^[\w!#$%&'*+.^`|~-]+$/.test(name);
  if (!safe) throw invalidArgument(`The value of ${JSON.stringify(name)} is no header value.`);
}
