import { DomainError } from '@sensorflow/kernel';
import type { FastifyRequest } from 'fastify';

const REMEDY =
  'Send an API key in X-API-Key, or "Authorization: Bearer …" with an access token, or log in with POST /auth/login and send its cookie.';

/** The 401 for a request without a credential: says what it has instead, as far as that can be told. */
export function missingCredential(request: FastifyRequest): DomainError {
  const detail = `${found(request)} ${REMEDY}`;
  return new DomainError('unauthenticated', 'unauthenticated', detail);
}

function found(request: FastifyRequest): string {
  const [scheme] = request.headers.authorization?.split(' ', 1) ?? [];
  if (scheme !== undefined && /^basic$/i.test(scheme)) {
    return 'Name and password were found, which only POST /auth/login and POST /auth/password take.';
  }
  if (scheme !== undefined) return 'Authorization was found, but not with the scheme Bearer.';
  if (request.protocol === 'http' && isBrowser(request)) {
    return 'No credential was found. The session cookie is Secure: over plain http a browser neither keeps nor sends it, so use https.';
  }
  return 'No credential was found.';
}

function isBrowser(request: FastifyRequest): boolean {
  return request.headers['user-agent']?.startsWith('Mozilla/') === true;
}
