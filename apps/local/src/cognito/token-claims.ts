import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { AppClient } from './app-client.js';
import type { PoolUser } from './pool-user.js';

/** Tokens from USER_PASSWORD_AUTH carry this scope alone; custom scopes come only by OAuth. */
export const USER_SELF_SERVICE_SCOPE = 'aws.cognito.signin.user.admin';

/** One occasion on which a user's tokens are issued. */
export interface UserTokenGrant {
  readonly user: PoolUser;
  readonly groups: readonly string[];
  readonly client: AppClient;
  readonly originJti: string;
  readonly eventId: string;
  readonly signedInAtEpochMs: number;
  readonly nowEpochMs: number;
}

/** Cognito's access tokens have `client_id` and no `aud`. */
export function accessTokenClaims(grant: UserTokenGrant): JWTPayload {
  return {
    ...sharedClaims(grant),
    client_id: grant.client.id,
    token_use: 'access',
    scope: USER_SELF_SERVICE_SCOPE,
    username: grant.user.username,
  };
}

/** Cognito's ID tokens have `aud` and no `client_id`. */
export function idTokenClaims(grant: UserTokenGrant): JWTPayload {
  return {
    ...grant.user.attributes,
    ...sharedClaims(grant),
    ...(grant.user.attributes['email_verified'] === undefined
      ? {}
      : { email_verified: grant.user.attributes['email_verified'] === 'true' }),
    aud: grant.client.id,
    token_use: 'id',
    'cognito:username': grant.user.username,
  };
}

/** A machine is its client: `sub` equals `client_id`, and there is no username. */
export function machineTokenClaims(
  client: AppClient,
  scopes: readonly string[],
  nowEpochMs: number,
): JWTPayload {
  const now = toEpochSeconds(nowEpochMs);
  return {
    sub: client.id,
    token_use: 'access',
    scope: scopes.join(' '),
    auth_time: now,
    exp: now + client.accessTokenValiditySeconds,
    iat: now,
    version: 2,
    jti: randomUUID(),
    client_id: client.id,
  };
}

function sharedClaims(grant: UserTokenGrant): JWTPayload {
  const now = toEpochSeconds(grant.nowEpochMs);
  return {
    sub: grant.user.sub,
    ...(grant.groups.length === 0 ? {} : { 'cognito:groups': [...grant.groups] }),
    origin_jti: grant.originJti,
    event_id: grant.eventId,
    auth_time: toEpochSeconds(grant.signedInAtEpochMs),
    exp: now + grant.client.accessTokenValiditySeconds,
    iat: now,
    jti: randomUUID(),
  };
}

function toEpochSeconds(epochMs: number): number {
  return Math.floor(epochMs / 1000);
}
