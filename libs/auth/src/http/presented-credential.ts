import type { FastifyRequest } from 'fastify';
import { API_KEY_PREFIX } from '../api-keys/api-key-text.js';
import { invalidToken } from '../access-token-verifier.js';

/** What a request brings to say who sent it, unverified. */
export interface PresentedCredential {
  readonly kind: 'key' | 'query-key' | 'bearer' | 'cookie';
  readonly unverified: string;
}

/** Where routes that say so take a key in their query. */
const KEY_PARAMETER = 'api-key';
const BEARER_SCHEME = /^bearer(?: +|$)/i;

/**
 * The one credential that decides: the first that is present of X-API-Key, API-Key, the bearer token (which
 * can be an API key too) and the session cookie. What comes after it is not looked at. Schemes other than
 * Bearer say nothing here: browsers go on sending the Basic credentials of a login. Where a route takes keys in its
 * query, that stands in the place of the cookie.
 *
 * Throws DomainError `invalid-token` for anything that two readers could read differently.
 */
export function presentedCredential(
  request: FastifyRequest,
  cookieName: string,
): PresentedCredential | undefined {
  const key = request.headers['x-api-key'] ?? request.headers['api-key'];
  // Node joins a repeated header into one text, which then is no key.
  if (key !== undefined) return { kind: 'key', unverified: String(key) };
  const bearer = bearerOf(request);
  if (bearer !== undefined) {
    const kind = bearer.startsWith(API_KEY_PREFIX) ? 'key' : 'bearer';
    return { kind, unverified: bearer };
  }
  if (request.routeOptions.config.credentials === 'key-in-query') return queryKeyOf(request.query);
  const cookie = cookieOf(request.headers.cookie, cookieName);
  return cookie === undefined ? undefined : { kind: 'cookie', unverified: cookie };
}

function bearerOf(request: FastifyRequest): string | undefined {
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  if (authorization.includes(',') || hasSeveralAuthorizations(request)) {
    throw invalidToken('There is more than one Authorization: send one token, once.');
  }
  const [scheme] = BEARER_SCHEME.exec(authorization) ?? [];
  // Whether the rest has the shape of a token, its verification says: not once a request.
  return scheme === undefined ? undefined : authorization.slice(scheme.length);
}

function queryKeyOf(query: unknown): PresentedCredential | undefined {
  const key: unknown = Reflect.get(Object(query), KEY_PARAMETER);
  if (key === undefined) return undefined;
  // Given twice, it is a list, which is no key.
  return { kind: 'query-key', unverified: typeof key === 'string' ? key : '' };
}

/** Node keeps the first of several Authorization headers and drops the others silently. */
function hasSeveralAuthorizations(request: FastifyRequest): boolean {
  const { rawHeaders } = request.raw;
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 13 && name.toLowerCase() === 'authorization') count += 1;
  }
  return count > 1;
}

/**
 * A token has no character that a cookie would escape, so the value is taken as it stands.
 * (@fastify/cookie parses only where its plugin was registered; this must not depend on that.)
 */
function cookieOf(header: string | undefined, name: string): string | undefined {
  if (header === undefined || !header.includes(name)) return undefined;
  const pairs = header.split(';').map((pair) => pair.trim());
  const named = pairs.filter((pair) => pair.startsWith(`${name}=`));
  // A browser has one cookie of our name and path.
  if (named.length > 1) throw invalidToken('There is more than one session cookie.');
  const token = named[0]?.slice(name.length + 1);
  return token === '' ? undefined : token;
}
