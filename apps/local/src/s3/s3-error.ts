import { ChunkedFault, type ChunkedFaultReason } from '../aws-signature/aws-chunked-body.js';
import { SignatureRefusal, type RefusalReason } from '../aws-signature/signature-refusal.js';

/** An answer that refuses, with S3's own code (S3 API Reference, "Error responses"). */
export class S3Error extends Error {
  override readonly name = 'S3Error';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export function invalidRequest(message: string): S3Error {
  return new S3Error(400, 'InvalidRequest', message);
}

export function invalidArgument(message: string): S3Error {
  return new S3Error(400, 'InvalidArgument', message);
}

export function notImplemented(what: string): S3Error {
  return new S3Error(501, 'NotImplemented', `${what} is not implemented.`);
}

export function preconditionFailed(): S3Error {
  return new S3Error(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
  );
}

export function noSuchKey(): S3Error {
  return new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
}

/** Undefined for a fault of ours, which the client must not see. */
export function s3ErrorOf(error: unknown): S3Error | undefined {
  if (error instanceof S3Error) return error;
  if (error instanceof SignatureRefusal) {
    const [status, code] = SIGNATURE_CODES[error.reason];
    return new S3Error(status, code, error.message);
  }
  if (error instanceof ChunkedFault) {
    const [status, code, message] = CHUNKED_CODES[error.reason];
    return new S3Error(status, code, message);
  }
  return undefined;
}

const SIGNATURE_CODES: Readonly<Record<RefusalReason, readonly [status: number, code: string]>> = {
  'malformed-uri': [400, 'InvalidURI'],
  anonymous: [403, 'AccessDenied'],
  'several-mechanisms': [400, 'InvalidArgument'],
  'malformed-header': [400, 'AuthorizationHeaderMalformed'],
  'malformed-query': [400, 'AuthorizationQueryParametersError'],
  'security-token': [400, 'InvalidToken'],
  'unknown-key': [403, 'InvalidAccessKeyId'],
  skewed: [403, 'RequestTimeTooSkewed'],
  'not-yet-valid': [403, 'AccessDenied'],
  expired: [403, 'AccessDenied'],
  'unsigned-header': [403, 'AccessDenied'],
  mismatch: [403, 'SignatureDoesNotMatch'],
};

const CHUNKED_CODES: Readonly<
  Record<ChunkedFaultReason, readonly [status: number, code: string, message: string]>
> = {
  incomplete: [400, 'IncompleteBody', 'The request body terminated unexpectedly'],
  malformed: [400, 'InvalidRequest', 'The aws-chunked body is malformed.'],
  'malformed-trailer': [400, 'MalformedTrailerError', 'The trailing headers are not well-formed.'],
  mismatch: [403, 'SignatureDoesNotMatch', 'A chunk signature does not match.'],
};
