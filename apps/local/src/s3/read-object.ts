import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { readByteRange, type ByteRange } from './byte-range.js';
import type { StoredObject } from './object-table.js';
import { readVerdict } from './read-conditions.js';
import { noSuchKey, preconditionFailed, S3Error } from './s3-error.js';
import type { S3Exchange } from './s3-exchange.js';
import { responseOverrides } from './s3-request.js';

type Headers = Readonly<Record<string, string>>;

/** GetObject and HeadObject: the same answer, with and without the bytes. */
export async function readObject(exchange: S3Exchange): Promise<void> {
  const { bucket, key, headers, response, signed, store } = exchange;
  const overrides = responseOverrides(signed);
  const object = store.find(bucket.name, key);
  if (!object) throw noSuchKey();

  const etag = `"${object.etagHex}"`;
  const verdict = readVerdict(headers, { etag, modifiedAtEpochMs: object.modifiedAtEpochMs });
  if (verdict === 'precondition-failed') throw preconditionFailed();
  if (verdict === 'not-modified') {
    response.writeHead(304, identityHeaders(object)).end();
    return;
  }
  const range = wantedRange(headers, object);
  const { first, last } = range ?? { first: 0, last: object.size - 1 };
  const wantsBytes = signed.method === 'GET' && last >= first;
  const fileDescriptor = wantsBytes ? store.files.openNow(bucket.name, object.file) : undefined;
  response.writeHead(range ? 206 : 200, {
    ...object.headers,
    ...overrides,
    ...identityHeaders(object),
    'accept-ranges': 'bytes',
    'content-length': String(last - first + 1),
    ...(range && { 'content-range': `bytes ${first}-${last}/${object.size}` }),
    ...(range ? {} : checksumHeaders(headers, object)),
  });
  if (fileDescriptor === undefined) response.end();
  else
    await pipeline(createReadStream('', { fd: fileDescriptor, start: first, end: last }), response);
}

/** The range to send, or none for the whole object. Throws `InvalidRange`. */
function wantedRange(
  headers: ReadonlyMap<string, string>,
  object: StoredObject,
): ByteRange | undefined {
  const ifRange = headers.get('if-range');
  if (ifRange !== undefined && ifRange !== `"${object.etagHex}"`) return undefined;
  const range = readByteRange(headers.get('range'), object.size);
  if (range === 'unsatisfiable') {
    throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable', {
      'content-range': `bytes */${object.size}`,
    });
  }
  return range === 'whole' ? undefined : range;
}

function identityHeaders(object: StoredObject): Headers {
  return {
    etag: `"${object.etagHex}"`,
    'last-modified': new Date(object.modifiedAtEpochMs).toUTCString(),
  };
}

/** A checksum is of the whole object, so that the SDK would find a part of it corrupt. */
function checksumHeaders(headers: ReadonlyMap<string, string>, object: StoredObject): Headers {
  const wanted = headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  if (!wanted || Object.keys(object.checksums).length === 0) return {};
  return { ...object.checksums, 'x-amz-checksum-type': 'FULL_OBJECT' };
}
