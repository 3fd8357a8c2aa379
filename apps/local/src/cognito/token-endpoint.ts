import type { Clock } from '@sensorflow/kernel';
import type { AppClient } from './app-client.js';
import type { PoolStore } from './pool-store.js';
import { isSameSecret } from './secret-hash.js';
import { machineTokenClaims } from './token-claims.js';
import type { TokenSigner } from './token-signer.js';

/** An error of RFC 6749, section 5.2; Cognito answers all of them with 400. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';

  constructor(
    readonly code:
      | 'invalid_request'
      | 'invalid_client'
      | 'invalid_grant'
      | 'invalid_scope'
      | 'unauthorized_client'
      | 'unsupported_grant_type',
  ) {
    super(code);
  }
}

export interface MachineToken {
  readonly access_token: string;
  readonly expires_in: number;
  readonly token_type: 'Bearer';
}

interface ClientCredentials {
  readonly id: string;
  readonly secret: string | undefined;
}

/**
 * Cognito's `/oauth2/token` for machines (grant client_credentials). In AWS it stands on the pool's
 * domain; here one address serves every pool, because the client's id names its pool.
 */
export class TokenEndpoint {
  constructor(
    private readonly pools: PoolStore,
    private readonly signer: TokenSigner,
    private readonly clock: Clock,
  ) {}

  /** @param body `application/x-www-form-urlencoded`; throws OAuthError */
  async grantToken(authorization: string | undefined, body: string): Promise<MachineToken> {
    const form = parseForm(body);
    const client = this.authenticate(credentialsIn(authorization, form));
    checkGrant(client, form.get('grant_type'));
    const scopes = grantedScopes(client, form.get('scope'));
    const claims = machineTokenClaims(client, scopes, this.clock.nowEpochMs());
    return {
      access_token: await this.signer.sign(client.poolId, claims),
      expires_in: client.accessTokenValiditySeconds,
      token_type: 'Bearer',
    };
  }

  private authenticate(credentials: ClientCredentials): AppClient {
    const client = this.pools.findClient(credentials.id);
    const isRight =
      client?.secret === undefined
        ? credentials.secret === undefined
        : isSameSecret(credentials.secret ?? '', client.secret);
    if (client === undefined || !isRight) throw new OAuthError('invalid_client');
    return client;
  }
}

/** RFC 6749, section 3.2: no parameter twice, and an empty one counts as absent. */
function parseForm(body: string): ReadonlyMap<string, string> {
  const pairs = [...new URLSearchParams(body)];
  const form = new Map(pairs);
  if (form.size < pairs.length) throw new OAuthError('invalid_request');
  return new Map(pairs.filter(([, value]) => value !== ''));
}

function credentialsIn(
  authorization: string | undefined,
  form: ReadonlyMap<string, string>,
): ClientCredentials {
  const bodyId = form.get('client_id');
  const bodySecret = form.get('client_secret');
  if (authorization === undefined) {
    if (bodyId === undefined) throw new OAuthError('invalid_request');
    return { id: bodyId, secret: bodySecret };
  }
  const basic = parseBasic(authorization);
  const contradicts = bodyId !== undefined && bodyId !== basic.id;
  if (contradicts || bodySecret !== undefined) throw new OAuthError('invalid_request');
  return basic;
}

/** RFC 6749, section 2.3.1: both parts may be form-encoded inside the Basic credentials. */
function parseBasic(authorization: string): ClientCredentials {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1];
  const decoded = Buffer.from(encoded ?? '', 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 1) throw new OAuthError('invalid_client');
  try {
    const [id, secret] = [decoded.slice(0, colon), decoded.slice(colon + 1)].map((part) =>
      decodeURIComponent(part.replaceAll('+', ' ')),
    );
    return { id: id ?? '', secret };
  } catch {
    throw new OAuthError('invalid_client');
  }
}

/** No code is ever issued here (there are no login pages), so that every code is an invalid one. */
function checkGrant(client: AppClient, grantType: string | undefined): void {
  switch (grantType) {
    case undefined:
      throw new OAuthError('invalid_request');
    case 'client_credentials':
      if (client.oauthFlows.includes('client_credentials')) return;
      throw new OAuthError('unauthorized_client');
    case 'authorization_code':
    case 'refresh_token':
      throw new OAuthError(
        client.oauthFlows.includes('code') ? 'invalid_grant' : 'unauthorized_client',
      );
    default:
      throw new OAuthError('unsupported_grant_type');
  }
}

function grantedScopes(client: AppClient, requested: string | undefined): readonly string[] {
  if (requested === undefined) return client.allowedScopes;
  const scopes = [...new Set(requested.split(' '))];
  if (scopes.every((scope) => client.allowedScopes.includes(scope))) return scopes;
  throw new OAuthError('invalid_scope');
}
