import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsChunkedBody } from '../aws-signature/aws-chunked-body.js';
import { isChecksum, startChecksum, type RunningChecksum } from './checksum.js';
import type { FileDraft } from './object-files.js';
import { invalidRequest, S3Error } from './s3-error.js';
import type { UploadPlan } from './upload-plan.js';

export interface ReceivedUpload {
  readonly etagHex: string;
  readonly checksums: Readonly<Record<string, string>>;
}

/**
 * Writes a body to its draft as it comes, and answers only when it is all that the plan announced:
 * length, signature, MD5 and checksum. Throws S3Error or ChunkedFault; the draft is the caller's.
 */
export async function receiveUpload(
  request: IncomingMessage,
  plan: UploadPlan,
  draft: FileDraft,
): Promise<ReceivedUpload> {
  const source = requestBytes(request);
  const chunked = plan.chunked && new AwsChunkedBody(source, plan.chunked);
  const digests = startDigests(plan);
  let received = 0;
  for await (const bytes of chunked ? chunked.content() : source) {
    received += bytes.length;
    digests.md5.update(bytes);
    digests.sha256?.update(bytes);
    digests.checksum?.update(bytes);
    await draft.write(bytes);
  }
  // Node's parser and the chunk decoder see to it; an object's length must not hang on that alone.
  if (received !== plan.size) {
    throw new S3Error(400, 'IncompleteBody', 'The body is not as long as its Content-Length.');
  }
  return checkDigests(plan, digests, chunked?.trailers ?? new Map());
}

interface RunningDigests {
  readonly md5: Hash;
  readonly sha256: Hash | undefined;
  readonly checksum: RunningChecksum | undefined;
}

function startDigests(plan: UploadPlan): RunningDigests {
  return {
    md5: createHash('md5'),
    sha256: plan.payloadSha256 === undefined ? undefined : createHash('sha256'),
    checksum: plan.checksum && startChecksum(plan.checksum.algorithm),
  };
}

function checkDigests(
  plan: UploadPlan,
  digests: RunningDigests,
  trailers: ReadonlyMap<string, string>,
): ReceivedUpload {
  const md5 = digests.md5.digest();
  if (plan.contentMd5 !== undefined && plan.contentMd5 !== md5.toString('base64')) {
    throw badDigest('Content-MD5');
  }
  if (digests.sha256 && digests.sha256.digest('hex') !== plan.payloadSha256) {
    throw new S3Error(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  return { etagHex: md5.toString('hex'), checksums: checkChecksum(plan, digests, trailers) };
}

function checkChecksum(
  plan: UploadPlan,
  digests: RunningDigests,
  trailers: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  if (!plan.checksum || !digests.checksum) return {};
  const { algorithm, header, value } = plan.checksum;
  const expected = value ?? trailers.get(header) ?? '';
  if (!isChecksum(algorithm, expected)) throw invalidRequest(`Value for ${header} is invalid.`);
  const computed = digests.checksum.base64();
  if (computed !== expected) throw badDigest(algorithm.toUpperCase());
  return { [header]: computed };
}

function badDigest(what: string): S3Error {
  return new S3Error(
    400,
    'BadDigest',
    `The ${what} you specified did not match the calculated checksum.`,
  );
}

/** Leaving the iteration early must not destroy the request: its connection still carries our answer. */
async function* requestBytes(request: IncomingMessage): AsyncGenerator<Buffer> {
  for await (const bytes of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(bytes)) throw new TypeError('A request body came as text.');
    yield bytes;
  }
}
