import { DomainError } from '@sensorflow/kernel';
import type { FastifyRequest } from 'fastify';
import type { SessionCookie } from '../session-cookie.js';

const REMEDY =
  'Send an API key in X-API-Key, or "Authorization: Bearer …" with an access token, or log in with POST /auth/login and send its cookie.';

/** The 401 for a request without a credential: says what it has instead, as far as that can be told. */
export function missingCredential(request: FastifyRequest, cookie: SessionCookie): DomainError {
  const isLeftOut = cookie.isSecure && request.protocol === 'http';
  const detail = [found(request), REMEDY, ...(isLeftOut ? [LEFT_OUT] : [])].join(' ');
  return new DomainError('unauthenticated', 'unauthenticated', detail);
}

/** The same where no cookie counts. */
export function missingKey(): DomainError {
  return new DomainError(
    'unauthenticated',
    'unauthenticated',
    'No credential was found that counts here. Send an API key in X-API-Key, or one with sensorflow/read alone as api-key in the query.',
  );
}

/** Browsers and HTTP libraries say nothing of it. */
const LEFT_OUT =
  'Whoever has logged in: the session cookie is Secure, so it is neither kept nor sent over plain http; use https.';

function found(request: FastifyRequest): string {
  const { authorization } = request.headers;
  return authorization === undefined ? 'No credential was found.' : misread(authorization);
}

function misread(authorization: string): string {
  if (/^basic(?: |$)/i.test(authorization)) {
    return 'Name and password were found, which only POST /auth/login and POST /auth/password take.';
  }
  if (/^bearer/i.test(authorization)) {
    return 'Authorization was found, but no blank between Bearer and the token.';
  }
  return /^\s*"?eyJ/.test(authorization)
    ? 'A token was found without its scheme: write Bearer and a blank before it.'
    : 'Authorization was found, but not with the scheme Bearer.';
}
