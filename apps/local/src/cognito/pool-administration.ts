import type { Clock } from '@sensorflow/kernel';
import {
  type AppClient,
  type AppClientSettings,
  DEFAULT_ACCESS_TOKEN_VALIDITY_SECONDS,
} from './app-client.js';
import { CognitoError, invalidParameter, resourceNotFound } from './cognito-error.js';
import type { PoolRecord, PoolStore } from './pool-store.js';
import { randomAlphanumeric, randomLowercase } from './random-text.js';
import { newSigningKey } from './token-signer.js';

/** A client to be made. With `generateSecret` it is confidential, and its secret is random. */
export interface NewAppClient extends Partial<AppClientSettings> {
  readonly name: string;
  readonly generateSecret: boolean;
}

/** Makes pools and what belongs to a pool as a whole. Throws CognitoError for what AWS refuses. */
export class PoolAdministration {
  constructor(
    private readonly pools: PoolStore,
    private readonly clock: Clock,
    private readonly region: string,
  ) {}

  pool(poolId: string): PoolRecord {
    const pool = this.pools.findPool(poolId);
    if (pool === undefined) throw resourceNotFound(`User pool ${poolId} does not exist.`);
    return pool;
  }

  /** The pool of that name, made with a signing key of its own if there was none. */
  async ensurePool(name: string): Promise<PoolRecord> {
    const existing = this.pools.findPoolByName(name);
    if (existing !== undefined) return existing;
    const id = `${this.region}_${randomAlphanumeric(9)}`;
    const key = await newSigningKey(id);
    const meanwhile = this.pools.findPoolByName(name);
    if (meanwhile !== undefined) return meanwhile;
    const pool = { id, name, createdAtEpochMs: this.clock.nowEpochMs() };
    this.pools.insertPool(pool, key);
    return pool;
  }

  async rotateSigningKey(poolId: string): Promise<void> {
    this.pools.insertSigningKey(await newSigningKey(this.pool(poolId).id));
  }

  createGroup(poolId: string, name: string): void {
    this.pool(poolId);
    if (this.pools.hasGroup(poolId, name)) {
      throw new CognitoError('GroupExistsException', 'A group with the name already exists.');
    }
    this.pools.insertGroup(poolId, name, this.clock.nowEpochMs());
  }

  createResourceServer(poolId: string, identifier: string, scopes: readonly string[]): void {
    this.pool(poolId);
    if (this.pools.hasResourceServer(poolId, identifier)) {
      throw invalidParameter(`${identifier} already exists in user pool ${poolId}.`);
    }
    this.pools.putResourceServer(poolId, identifier, scopes);
  }

  createClient(poolId: string, newClient: NewAppClient): AppClient {
    this.pool(poolId);
    this.checkClient(poolId, newClient);
    const client = {
      id: randomLowercase(26),
      poolId,
      name: newClient.name,
      secret: newClient.generateSecret ? randomLowercase(51) : undefined,
      ...settingsOf(newClient),
      createdAtEpochMs: this.clock.nowEpochMs(),
    };
    this.pools.insertClient(client);
    return client;
  }

  client(poolId: string, clientId: string): AppClient {
    const client = this.pools.findClient(clientId);
    if (client?.poolId === this.pool(poolId).id) return client;
    throw resourceNotFound(`User pool client ${clientId} does not exist.`);
  }

  updateClient(existing: AppClient, newClient: NewAppClient): AppClient {
    this.checkClient(existing.poolId, newClient);
    const settings = settingsOf(newClient);
    this.pools.updateClient(existing.id, settings);
    return { ...existing, ...settings };
  }

  private checkClient(poolId: string, client: NewAppClient): void {
    const { authFlows, oauthFlows, allowedScopes } = settingsOf(client);
    const unknown = allowedScopes.find((scope) => !this.isScope(poolId, scope));
    if (unknown !== undefined) {
      throw new CognitoError('ScopeDoesNotExistException', `Invalid scope requested: ${unknown}`);
    }
    if (oauthFlows.includes('client_credentials')) {
      if (!client.generateSecret) {
        throw invalidOAuthFlow('client_credentials needs a client with a secret.');
      }
      if (oauthFlows.length > 1) {
        throw invalidOAuthFlow('client_credentials cannot be combined with another flow.');
      }
    }
    if (new Set(authFlows).size < authFlows.length) {
      throw invalidParameter('ExplicitAuthFlows names a flow twice.');
    }
  }

  private isScope(poolId: string, scope: string): boolean {
    return (
      this.pools.customScopes(poolId).includes(scope) ||
      ['openid', 'email', 'phone', 'profile', 'aws.cognito.signin.user.admin'].includes(scope)
    );
  }
}

function settingsOf(client: NewAppClient): AppClientSettings {
  return {
    // The flows that Cognito enables on a client for which none are named.
    authFlows: client.authFlows ?? [
      'ALLOW_REFRESH_TOKEN_AUTH',
      'ALLOW_USER_SRP_AUTH',
      'ALLOW_CUSTOM_AUTH',
    ],
    oauthFlows: client.oauthFlows ?? [],
    allowedScopes: client.allowedScopes ?? [],
    accessTokenValiditySeconds:
      client.accessTokenValiditySeconds ?? DEFAULT_ACCESS_TOKEN_VALIDITY_SECONDS,
  };
}

function invalidOAuthFlow(message: string): CognitoError {
  return new CognitoError('InvalidOAuthFlowException', message);
}
