import { createHash } from 'node:crypto';
import type { VerifiedToken } from './access-token-verifier.js';
import { scopesOfClaim, scopesOfGroups, type Caller } from './caller.js';

/** Which tokens of the user pool are meant for us. */
export interface TokenPolicy {
  /** The web client, by which people log in. */
  readonly clientId: string;
  readonly machineClientIds: ReadonlySet<string>;
  readonly issuers: ReadonlySet<string>;
}

export type TokenClaims = Readonly<Record<string, unknown>>;

export const CLOCK_SKEW_SECONDS = 60;
/** Cognito's longest access token lives a day (AccessTokenValidity). */
const MAX_LIFETIME_SECONDS = 86_400;

/**
 * Reads the claims of a token whose signature was checked. Undefined when it is none of our access
 * tokens. Scopes that are missing or strange make a caller without scopes, not an invalid token.
 */
export function readClaims(
  claims: TokenClaims,
  unverifiedToken: string,
  policy: TokenPolicy,
  nowEpochSeconds: number,
): VerifiedToken | undefined {
  const { iss, token_use: tokenUse, client_id: clientId } = claims;
  // An ID token is about a user, not for us.
  if (tokenUse !== 'access' || typeof iss !== 'string' || !policy.issuers.has(iss))
    return undefined;
  const times = readTimes(claims, nowEpochSeconds);
  const identity =
    typeof clientId === 'string' ? readIdentity(claims, clientId, policy) : undefined;
  if (!times || !identity) return undefined;
  return {
    caller: { ...identity, expiresAtEpochSeconds: times.expiresAt },
    sessionId: sessionIdOf(claims, unverifiedToken),
    signedInAtEpochSeconds: signedInAtOf(claims, times.issuedAt),
    // A later token of the same sign-in, renewed just now, lives as long as this one did.
    sessionOutlivedAtEpochSeconds: nowEpochSeconds + (times.expiresAt - times.issuedAt),
  };
}

function readTimes(claims: TokenClaims, now: number) {
  const { exp, iat, nbf } = claims;
  if (!isEpochSeconds(exp) || !isEpochSeconds(iat)) return undefined;
  if (nbf !== undefined && (!isEpochSeconds(nbf) || nbf > now + CLOCK_SKEW_SECONDS))
    return undefined;
  if (exp + CLOCK_SKEW_SECONDS <= now || iat > now + CLOCK_SKEW_SECONDS) return undefined;
  // Also catches milliseconds written where seconds belong.
  if (exp <= iat || exp - iat > MAX_LIFETIME_SECONDS) return undefined;
  return { expiresAt: exp, issuedAt: iat };
}

function isEpochSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function readIdentity(
  claims: TokenClaims,
  clientId: string,
  policy: TokenPolicy,
): Omit<Caller, 'expiresAtEpochSeconds'> | undefined {
  const { sub, username, scope } = claims;
  if (!isName(sub)) return undefined;
  if (policy.machineClientIds.has(clientId)) {
    const scopes = scopesOfClaim(typeof scope === 'string' ? scope : '');
    return { kind: 'machine', subject: sub, username: clientId, scopes };
  }
  if (clientId !== policy.clientId || !isName(username)) return undefined;
  return { kind: 'user', subject: sub, username, scopes: scopesOfGroups(groupsOf(claims)) };
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
