import { DomainError } from '@sensorflow/kernel';

/** The `__Host-` prefix makes browsers insist on Secure, Path=/ and no Domain. */
export const SESSION_COOKIE = '__Host-sensorflow';

const ATTRIBUTES = 'HttpOnly; Secure; SameSite=Strict';
const LIFETIME_SECONDS = 3600;
/** What browsers keep for sure, counting name, value and attributes (RFC 6265 §6.1). */
const MAX_COOKIE_BYTES = 4096;

/**
 * The Set-Cookie line that carries an access token for an hour.
 *
 * Throws DomainError `forbidden` (`token-too-large`): a browser would drop it without a word.
 */
export function sessionCookie(accessToken: string): string {
  const line = `${SESSION_COOKIE}=${accessToken}; Path=/; Max-Age=${LIFETIME_SECONDS}; ${ATTRIBUTES}`;
  if (Buffer.byteLength(line) > MAX_COOKIE_BYTES) {
    throw new DomainError(
      'forbidden',
      'token-too-large',
      'The account belongs to too many groups for its token to fit into a cookie.',
    );
  }
  return line;
}

/** The same cookie, gone: only identical attributes replace it. */
export function clearedSessionCookie(): string {
  return `${SESSION_COOKIE}=; Path=/; Max-Age=0; ${ATTRIBUTES}`;
}
