import { createHash } from 'node:crypto';
import { invalidToken, type VerifiedToken } from './access-token-verifier.js';
import { scopesOfClaim, scopesOfGroups, type Caller } from './caller.js';

/** Which tokens of the user pool are meant for us. */
export interface TokenPolicy {
  /** The web client, by which people log in. */
  readonly clientId: string;
  readonly machineClientIds: ReadonlySet<string>;
  readonly issuers: ReadonlySet<string>;
  /** Requests of each machine client in a minute; undefined for any number. */
  readonly machineRatePerMinute: number | undefined;
}

export type TokenClaims = Readonly<Record<string, unknown>>;

export const CLOCK_SKEW_SECONDS = 60;
/** Cognito's longest access token lives a day (AccessTokenValidity). */
const MAX_LIFETIME_SECONDS = 86_400;

/**
 * Reads the claims of a token whose signature was checked. Scopes that are missing or strange make a
 * caller without scopes, not an invalid token.
 *
 * Throws DomainError `unauthenticated` (`invalid-token`) when it is none of our access tokens.
 */
export function readClaims(
  claims: TokenClaims,
  unverifiedToken: string,
  policy: TokenPolicy,
  nowEpochSeconds: number,
): VerifiedToken {
  // An ID token is about a user, not for us.
  if (claims['token_use'] !== 'access') {
    throw invalidToken('This is no access token: its token_use is not "access".');
  }
  if (typeof claims['iss'] !== 'string' || !policy.issuers.has(claims['iss'])) {
    throw invalidToken(FOREIGN_ISSUER);
  }
  const times = readTimes(claims, nowEpochSeconds);
  const identity = readIdentity(claims, policy);
  return {
    caller: { ...identity, expiresAtEpochSeconds: times.expiresAt },
    sessionId: sessionIdOf(claims, unverifiedToken),
    signedInAtEpochSeconds: signedInAtOf(claims, times.issuedAt),
    // A later token of the same sign-in, renewed just now, lives as long as this one did.
    sessionOutlivedAtEpochSeconds: nowEpochSeconds + (times.expiresAt - times.issuedAt),
  };
}

export const FOREIGN_ISSUER =
  'The access token comes from another issuer than those that are accepted.';
export const NOT_VALID_YET =
  'The access token is not valid yet: its times lie ahead of the clock here.';
export const EXPIRED = 'The access token has expired.';
const TIMES_UNUSABLE = 'The access token has no usable times (iat, exp, nbf).';

function readTimes(claims: TokenClaims, now: number) {
  const { exp, iat, nbf } = claims;
  if (!isEpochSeconds(exp) || !isEpochSeconds(iat)) throw invalidToken(TIMES_UNUSABLE);
  if (nbf !== undefined && !isEpochSeconds(nbf)) throw invalidToken(TIMES_UNUSABLE);
  if (Math.max(iat, nbf ?? 0) > now + CLOCK_SKEW_SECONDS) throw invalidToken(NOT_VALID_YET);
  if (exp + CLOCK_SKEW_SECONDS <= now) throw invalidToken(EXPIRED);
  // Also catches milliseconds written where seconds belong.
  if (exp <= iat || exp - iat > MAX_LIFETIME_SECONDS) throw invalidToken(TIMES_UNUSABLE);
  return { expiresAt: exp, issuedAt: iat };
}

function isEpochSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function readIdentity(
  claims: TokenClaims,
  policy: TokenPolicy,
): Omit<Caller, 'expiresAtEpochSeconds'> {
  const { sub, username, scope, client_id: clientId } = claims;
  if (typeof clientId === 'string' && isName(sub)) {
    if (policy.machineClientIds.has(clientId)) {
      const scopes = scopesOfClaim(typeof scope === 'string' ? scope : '');
      const ratePerMinute = policy.machineRatePerMinute;
      return { kind: 'machine', subject: sub, username: clientId, scopes, ratePerMinute };
    }
    if (clientId === policy.clientId && isName(username)) {
      return { kind: 'user', subject: sub, username, scopes: scopesOfGroups(groupsOf(claims)) };
    }
  }
  throw invalidToken('The access token was made for another client than those that are accepted.');
}

function groupsOf(claims: TokenClaims): readonly string[] {
  const groups = claims['cognito:groups'];
  return Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [];
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 256;
}

/** `auth_time` outlives renewals. A time ahead of the token's own is none. */
function signedInAtOf({ auth_time: authTime }: TokenClaims, issuedAt: number): number {
  return isEpochSeconds(authTime) ? Math.min(authTime, issuedAt) : issuedAt;
}

/** `origin_jti` names the sign-in, `jti` the single token; a hash serves a token without either. */
function sessionIdOf(claims: TokenClaims, unverifiedToken: string): string {
  const { origin_jti: signIn, jti } = claims;
  if (isName(signIn)) return signIn;
  if (isName(jti)) return jti;
  return createHash('sha256').update(unverifiedToken).digest('base64url');
}
