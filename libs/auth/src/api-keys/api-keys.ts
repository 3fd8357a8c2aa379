import { Clock, DomainError, type WorkBudget } from '@sensorflow/kernel';
import type { Caller } from '../caller.js';
import type { ApiKey, ApiKeyProperties } from './api-key.js';
import type { ApiKeyDirectory } from './api-key-directory.js';
import { ApiKeyStore, type ApiKeyPage } from './api-key-store.js';
import { apiKeyHash, isKeyId, newApiKeyText } from './api-key-text.js';

/** All of them are in every process's memory: 16 MB. */
export const MAX_API_KEYS = 10_000;

export interface IssuedApiKey {
  readonly apiKey: ApiKey;
  /** The key itself, which is not kept. */
  readonly text: string;
}

/** Making, listing and revoking API keys. */
export class ApiKeys {
  constructor(
    private readonly store: ApiKeyStore,
    private readonly directory: ApiKeyDirectory,
    private readonly clock: Clock,
  ) {}

  /**
   * A key that works here at once, and within 10 s everywhere.
   *
   * Throws DomainError `forbidden` (`scope-not-held`), `conflict` (`too-many-api-keys`), `unavailable`
   * (`store-unavailable`); then nobody knows the key, but the list may show it.
   */
  async issue(properties: ApiKeyProperties, issuer: Caller): Promise<IssuedApiKey> {
    refuseScopesNotHeld(properties, issuer);
    if (this.directory.size >= MAX_API_KEYS) throw tooMany();
    const { keyId, key: text } = newApiKeyText();
    const apiKey: ApiKey = {
      ...properties,
      keyId,
      secretHash: apiKeyHash(text),
      createdAtEpochMs: this.clock.nowEpochMs(),
      createdBy: issuer.username,
      revokedAtEpochMs: undefined,
    };
    await this.store.create(apiKey);
    this.directory.add(apiKey);
    return { apiKey, text };
  }

  /** Throws DomainError `unavailable` (`store-unavailable`). */
  async page(after: string | undefined, limit: number, budget?: WorkBudget): Promise<ApiKeyPage> {
    return this.store.page(after, limit, budget);
  }

  /**
   * Refused here at once, and within 10 s everywhere. Durable once it returns.
   *
   * Throws DomainError `not-found` (`api-key-not-found`), also for one that was revoked before;
   * `unavailable` (`store-unavailable`): then it is safe to send it again.
   */
  async revoke(keyId: string): Promise<ApiKey> {
    const key = isKeyId(keyId) ? await this.store.find(keyId) : undefined;
    if (!key || key.revokedAtEpochMs !== undefined) throw notFound();
    const revokedAtEpochMs = this.clock.nowEpochMs();
    await this.store.revoke(key, revokedAtEpochMs);
    const revoked = { ...key, revokedAtEpochMs };
    this.directory.add(revoked);
    return revoked;
  }
}

function refuseScopesNotHeld({ scopes }: ApiKeyProperties, issuer: Caller): void {
  const missing = scopes.filter((scope) => !issuer.scopes.has(scope));
  if (missing.length === 0) return;
  throw new DomainError(
    'forbidden',
    'scope-not-held',
    `Nobody grants a scope that they do not have: you lack ${missing.join(', ')}.`,
  );
}

function tooMany(): DomainError {
  return new DomainError(
    'conflict',
    'too-many-api-keys',
    `There are ${MAX_API_KEYS} API keys, revoked ones of the last 30 days included. Revoke what is not used, or let devices share one.`,
  );
}

function notFound(): DomainError {
  return new DomainError('not-found', 'api-key-not-found', 'There is no API key with this id.');
}
