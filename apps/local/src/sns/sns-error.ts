import { SignatureRefusal, type RefusalReason } from '../aws-signature/signature-refusal.js';

/** An answer that refuses, as the SDK's query protocol understands it. */
export class SnsError extends Error {
  override readonly name = 'SnsError';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export function invalidParameter(message: string): SnsError {
  return new SnsError(400, 'InvalidParameter', `Invalid parameter: ${message}`);
}

/** Undefined for a fault of ours, which the client must not see. */
export function snsErrorOf(error: unknown): SnsError | undefined {
  if (error instanceof SnsError) return error;
  if (!(error instanceof SignatureRefusal)) return undefined;
  const [status, code] = SIGNATURE_CODES[error.reason];
  return new SnsError(status, code, error.message);
}

const SIGNATURE_CODES: Readonly<Record<RefusalReason, readonly [status: number, code: string]>> = {
  'malformed-uri': [400, 'InvalidParameter'],
  anonymous: [403, 'MissingAuthenticationToken'],
  'several-mechanisms': [400, 'IncompleteSignature'],
  'malformed-header': [400, 'IncompleteSignature'],
  'malformed-query': [400, 'IncompleteSignature'],
  'security-token': [403, 'InvalidClientTokenId'],
  'unknown-key': [403, 'InvalidClientTokenId'],
  skewed: [403, 'SignatureDoesNotMatch'],
  'not-yet-valid': [403, 'SignatureDoesNotMatch'],
  expired: [403, 'SignatureDoesNotMatch'],
  'unsigned-header': [403, 'SignatureDoesNotMatch'],
  mismatch: [403, 'SignatureDoesNotMatch'],
};
