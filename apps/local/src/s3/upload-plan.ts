import type { ChunkSignatures } from '../aws-signature/chunk-signatures.js';
import type { ChunkedFraming } from '../aws-signature/aws-chunked-body.js';
import { CHECKSUM_ALGORITHMS, isChecksum, type ChecksumAlgorithm } from './checksum.js';
import { invalidArgument, invalidRequest, notImplemented, S3Error } from './s3-error.js';

const MAXIMUM_OBJECT_BYTES = 5 * 1024 ** 3;
const MAXIMUM_METADATA_BYTES = 2048;
const CHECKSUM_PREFIX = 'x-amz-checksum-';
/** Headers of an upload that S3 sends back with the object. */
const KEPT_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

export interface ExpectedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly header: string;
  /** Undefined when it follows the body as a trailer. */
  readonly value: string | undefined;
}

/** What a PutObject announces, and so what its body must keep. */
export interface UploadPlan {
  readonly size: number;
  /** Given when the body is aws-chunked. */
  readonly chunked: ChunkedFraming | undefined;
  readonly contentMd5: string | undefined;
  /** Hexadecimal; given when the signature covers the body as a whole. */
  readonly payloadSha256: string | undefined;
  readonly checksum: ExpectedChecksum | undefined;
  readonly onlyIfAbsent: boolean;
  readonly keptHeaders: Readonly<Record<string, string>>;
}

/** `headers` are the request's own and those that a presigned URL carries in its query. */
export function planUpload(
  headers: ReadonlyMap<string, string>,
  payloadHash: string,
  signatures: ChunkSignatures,
): UploadPlan {
  const streaming = payloadHash.startsWith('STREAMING-');
  const size = announcedSize(
    headers.get(streaming ? 'x-amz-decoded-content-length' : 'content-length'),
  );
  const trailerNames = listOf(headers.get('x-amz-trailer'));
  const checksum = expectedChecksum(headers, trailerNames);
  return {
    size,
    chunked: streaming ? framing(payloadHash, size, trailerNames, signatures) : undefined,
    contentMd5: announcedMd5(headers.get('content-md5')),
    payloadSha256: /^[0-9a-f]{64}$/.test(payloadHash) ? payloadHash : undefined,
    checksum,
    onlyIfAbsent: onlyIfAbsent(headers),
    keptHeaders: keptHeaders(headers),
  };
}

function announcedSize(text: string | undefined): number {
  if (text === undefined) {
    throw new S3Error(
      411,
      'MissingContentLength',
      'You must provide the Content-Length HTTP header.',
    );
  }
  if (!/^\d{1,15}$/.test(text)) throw invalidArgument('The content length is no number.');
  if (Number(text) > MAXIMUM_OBJECT_BYTES) {
    throw new S3Error(
      400,
      'EntityTooLarge',
      'Your proposed upload exceeds the maximum allowed object size.',
    );
  }
  return Number(text);
}

function framing(
  payloadHash: string,
  decodedLength: number,
  trailerNames: readonly string[],
  signatures: ChunkSignatures,
): ChunkedFraming {
  const signed = payloadHash.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
  if (payloadHash.endsWith('-TRAILER') !== trailerNames.length > 0) {
    throw invalidRequest('x-amz-trailer and x-amz-content-sha256 contradict each other.');
  }
  return { decodedLength, trailerNames, ...(signed && { signatures }) };
}

function announcedMd5(text: string | undefined): string | undefined {
  const bytes = Buffer.from(text ?? '', 'base64');
  if (text === undefined || (bytes.length === 16 && bytes.toString('base64') === text)) return text;
  throw new S3Error(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.');
}

function expectedChecksum(
  headers: ReadonlyMap<string, string>,
  trailerNames: readonly string[],
): ExpectedChecksum | undefined {
  const given = [...headers.keys()].filter((name) => name.startsWith(CHECKSUM_PREFIX));
  const [header, ...more] = [...given, ...trailerNames];
  const announced = headers.get('x-amz-sdk-checksum-algorithm')?.toLowerCase();
  if (more.length > 0) {
    throw invalidRequest('Expecting a single x-amz-checksum- header or trailer.');
  }
  if (header === undefined) {
    if (announced === undefined) return undefined;
    throw invalidRequest(
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  const algorithm = CHECKSUM_ALGORITHMS.find((each) => header === `${CHECKSUM_PREFIX}${each}`);
  if (algorithm === undefined) throw notImplemented(header);
  if (announced !== undefined && announced !== algorithm) {
    throw invalidRequest('Value for x-amz-sdk-checksum-algorithm header is invalid.');
  }
  const value = headers.get(header);
  if (value !== undefined && !isChecksum(algorithm, value)) {
    throw invalidRequest(`Value for ${header} header is invalid.`);
  }
  return { algorithm, header, value };
}

function onlyIfAbsent(headers: ReadonlyMap<string, string>): boolean {
  if (headers.has('if-match')) throw notImplemented('If-Match on a write');
  const ifNoneMatch = headers.get('if-none-match');
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw notImplemented('If-None-Match with an entity tag on a write');
  }
  return ifNoneMatch === '*';
}

function keptHeaders(headers: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const metadata = [...headers].filter(([name]) => name.startsWith('x-amz-meta-'));
  const metadataBytes = metadata
    .map(([name, value]) => Buffer.byteLength(name.slice('x-amz-meta-'.length) + value))
    .reduce((sum, bytes) => sum + bytes, 0);
  if (metadataBytes > MAXIMUM_METADATA_BYTES) {
    throw new S3Error(
      400,
      'MetadataTooLarge',
      'Your metadata headers exceed the maximum allowed metadata size.',
    );
  }
  const standard = KEPT_HEADERS.map((name) => [name, keptValue(name, headers.get(name))] as const);
  return Object.fromEntries(
    [...standard, ...metadata].filter((each): each is [string, string] => each[1] !== undefined),
  );
}

/** aws-chunked is how the body travelled, not what the object is. */
function keptValue(name: string, value: string | undefined): string | undefined {
  if (name === 'content-type') return value ?? 'binary/octet-stream';
  if (name !== 'content-encoding') return value;
  const encodings = listOf(value).filter((each) => each !== 'aws-chunked');
  return encodings.length > 0 ? encodings.join(',') : undefined;
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .filter((each) => each !== '');
}
