import { DynamoDBServiceException } from '@aws-sdk/client-dynamodb';

/**
 * What a failed call says about its puts. `throttled`, `misconfigured` and
 * `clock-skewed`: certainly not written.
 * `poisoned`: not written, because at least one item can never be. `unknown`: anything else.
 */
export type WriteFailureKind =
  'throttled' | 'misconfigured' | 'poisoned' | 'clock-skewed' | 'unknown';

const THROTTLING: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
]);
const POISON: ReadonlySet<string> = new Set(['ValidationException', 'SerializationException']);
/** Refused before the request left this machine. */
const NEVER_SENT_CODES: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
const NEVER_SENT_NAMES: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'TokenProviderError',
]);

/** The clock of this machine is so far from DynamoDB's that its stamps would be out of order. */
export class ClockSkewed extends Error {
  override readonly name = 'ClockSkewed';

  constructor(atLeastMs: number) {
    super(`the clock is ${atLeastMs} ms or more from DynamoDB's`);
  }
}

/**
 * Certain only where DynamoDB itself named a client error. A timeout, a reset, a 5xx, an answer that makes no sense, and
 * every other failure are unknown.
 */
export function classifyWriteFailure(error: unknown): WriteFailureKind {
  if (error instanceof DynamoDBServiceException) return classifyAnswer(error);
  if (error instanceof ClockSkewed) return 'clock-skewed';
  return wasNeverSent(error) ? 'misconfigured' : 'unknown';
}

function classifyAnswer(error: DynamoDBServiceException): WriteFailureKind {
  if (THROTTLING.has(error.name)) return 'throttled';
  const status = error.$metadata.httpStatusCode ?? 0;
  const named = error.name !== 'UnknownError' && error.name !== 'Unknown' && error.name !== 'Error';
  if (status < 400 || status > 499 || !named) return 'unknown';
  return POISON.has(error.name) ? 'poisoned' : 'misconfigured';
}

function wasNeverSent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (NEVER_SENT_NAMES.has(error.name)) return true;
  return 'code' in error && typeof error.code === 'string' && NEVER_SENT_CODES.has(error.code);
}
