import { ALGORITHM, type UnverifiedAuthorization } from './authorization.js';
import { canonicalRequest } from './canonical-request.js';
import { ChunkSignatures } from './chunk-signatures.js';
import { SignatureRefusal } from './signature-refusal.js';
import type { SignedRequest } from './signed-request.js';
import { sameSignature, sha256Hex, sign, signingKey } from './signing-key.js';

const MAXIMUM_SKEW_MS = 15 * 60_000;

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Whose signatures count, for which service. */
export interface SignaturePolicy {
  readonly service: 'cognito-idp' | 'dynamodb' | 's3' | 'sns' | 'sqs';
  readonly region: string;
  readonly credentials: Credentials;
}

/**
 * Throws SignatureRefusal unless the request was signed by the policy's secret, for its service and
 * region, at this time, over the host, every `x-amz-*` header and the payload hash.
 * Answers how to go on checking a body that is signed chunk by chunk.
 */
export function verifySignature(
  request: SignedRequest,
  authorization: UnverifiedAuthorization,
  payloadHash: string,
  policy: SignaturePolicy,
  nowEpochMs: number,
): ChunkSignatures {
  refuseForeignCredential(request, authorization, policy);
  refuseWrongTime(authorization, nowEpochMs);
  refuseUnsignedHeaders(request, authorization);

  const { amzDate, scope, signature, signedHeaders } = authorization;
  const key = signingKey(policy.credentials.secretAccessKey, scope);
  const canonical = canonicalRequest(request, signedHeaders, payloadHash, policy.service);
  const expected = sign(key, [ALGORITHM, amzDate, scope, sha256Hex(canonical)]);
  if (!sameSignature(expected, signature)) throw mismatch();
  return new ChunkSignatures({ key, amzDate, scope }, signature);
}

function refuseForeignCredential(
  request: SignedRequest,
  authorization: UnverifiedAuthorization,
  policy: SignaturePolicy,
): void {
  if (authorization.accessKeyId !== policy.credentials.accessKeyId) {
    throw new SignatureRefusal(
      'unknown-key',
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  }
  if (authorization.service !== policy.service || authorization.region !== policy.region) {
    throw new SignatureRefusal(
      authorization.kind === 'header' ? 'malformed-header' : 'malformed-query',
      `The credential is for '${authorization.region}/${authorization.service}'; expecting '${policy.region}/${policy.service}'.`,
    );
  }
  const carriesToken =
    request.headers.has('x-amz-security-token') ||
    request.query.some(([name]) => name.toLowerCase() === 'x-amz-security-token');
  if (carriesToken) {
    throw new SignatureRefusal('security-token', 'The provided token is malformed or invalid.');
  }
}

function refuseWrongTime(authorization: UnverifiedAuthorization, nowEpochMs: number): void {
  const ageMs = nowEpochMs - authorization.signedAtEpochMs;
  if (authorization.expiresSeconds === undefined) {
    if (Math.abs(ageMs) <= MAXIMUM_SKEW_MS) return;
    throw new SignatureRefusal(
      'skewed',
      "The difference between the request time and the server's time is too large.",
    );
  }
  if (ageMs < -MAXIMUM_SKEW_MS) {
    throw new SignatureRefusal('not-yet-valid', 'Request is not valid yet');
  }
  if (ageMs > authorization.expiresSeconds * 1000) {
    throw new SignatureRefusal('expired', 'Request has expired');
  }
}

function refuseUnsignedHeaders(
  request: SignedRequest,
  authorization: UnverifiedAuthorization,
): void {
  const signed = new Set(authorization.signedHeaders);
  const unsigned = [...request.headers.keys()].filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !signed.has(name),
  );
  if (unsigned.length > 0 || !signed.has('host')) {
    throw new SignatureRefusal(
      'unsigned-header',
      `There were headers present in the request which were not signed: ${unsigned.join(', ')}`,
    );
  }
  // A missing header would count as empty, and so could be left out by whoever forwards the request.
  if (authorization.signedHeaders.some((name) => !request.headers.has(name))) throw mismatch();
}

function mismatch(): SignatureRefusal {
  return new SignatureRefusal(
    'mismatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  );
}
