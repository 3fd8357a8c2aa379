import { SignatureRefusal, type RefusalReason } from '../aws-signature/signature-refusal.js';

/** An answer that refuses, as the SDK's AWS JSON 1.0 protocol understands it. */
export class SqsError extends Error {
  override readonly name = 'SqsError';

  constructor(
    readonly status: number,
    /** The exception's name, as `__type` carries it. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export function invalidParameter(message: string): SqsError {
  return new SqsError(400, 'InvalidParameterValue', message);
}

/** Undefined for a fault of ours, which the client must not see. */
export function sqsErrorOf(error: unknown): SqsError | undefined {
  if (error instanceof SqsError) return error;
  if (error instanceof SignatureRefusal) {
    const [status, code] = SIGNATURE_CODES[error.reason];
    return new SqsError(status, code, error.message);
  }
  return undefined;
}

const SIGNATURE_CODES: Readonly<Record<RefusalReason, readonly [status: number, code: string]>> = {
  'malformed-uri': [400, 'InvalidParameterValue'],
  anonymous: [403, 'MissingAuthenticationTokenException'],
  'several-mechanisms': [400, 'IncompleteSignatureException'],
  'malformed-header': [400, 'IncompleteSignatureException'],
  'malformed-query': [400, 'IncompleteSignatureException'],
  'security-token': [403, 'InvalidClientTokenId'],
  'unknown-key': [403, 'InvalidClientTokenId'],
  skewed: [403, 'InvalidSignatureException'],
  'not-yet-valid': [403, 'InvalidSignatureException'],
  expired: [403, 'InvalidSignatureException'],
  'unsigned-header': [403, 'InvalidSignatureException'],
  mismatch: [403, 'InvalidSignatureException'],
};
