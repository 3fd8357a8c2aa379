import { DomainError } from '@sensorflow/kernel';
import type { TokenCaller } from './caller.js';

/** What a token says once its signature, issuer, client and times were checked. */
export interface VerifiedToken {
  readonly caller: TokenCaller;
  /** What a logout ends: all access tokens that stem from one sign-in. */
  readonly sessionId: string;
  /** The instant of the sign-in: what was renewed since keeps it. */
  readonly signedInAtEpochSeconds: number;
  /** After this no access token of the same sign-in can still be valid. */
  readonly sessionOutlivedAtEpochSeconds: number;
}

/**
 * Decides whether a text is an access token of ours. Does not know about logouts.
 *
 * Throws DomainError `unauthenticated` (`invalid-token`) for whatever it does not accept, and
 * `unavailable` (`signing-keys-unavailable`) while it has no keys to decide with.
 */
export abstract class AccessTokenVerifier {
  abstract verify(unverifiedToken: string): Promise<VerifiedToken>;
}

/** Browsers refuse larger cookies, Node larger headers; ours have 1 to 2 KB. */
export const MAX_TOKEN_BYTES = 8192;

/**
 * The 401 for every token that is not accepted. Its detail says what was found and what to send instead; no
 * library's words.
 *
 * @param found a sentence
 */
export function invalidToken(found: string, cause?: unknown): DomainError {
  return new DomainError('unauthenticated', 'invalid-token', `${found} ${REMEDY}`, { cause });
}

const REMEDY =
  'Send an access token of this service: log in with POST /auth/login, or get one by client credentials.';

export const TOKEN_TOO_LARGE = `The access token has more than ${MAX_TOKEN_BYTES} characters.`;
