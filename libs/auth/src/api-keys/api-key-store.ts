import type { WorkBudget } from '@sensorflow/kernel';
import type { ApiKey, ListedApiKey } from './api-key.js';

export interface ApiKeyPage {
  /** In order of their ids, those that are not revoked. May be fewer than asked for. */
  readonly keys: readonly ListedApiKey[];
  /** The id after which the list goes on; undefined at its end. */
  readonly next: string | undefined;
}

/** Where API keys are kept, and where processes tell each other of them. Throws whatever its technology throws. */
export abstract class ApiKeyStore {
  /** Durable once it returns. After an error the key may be there. */
  abstract create(key: ApiKey): Promise<void>;

  /** Durable once it returns. Safe to repeat after an error. */
  abstract revoke(key: ApiKey, revokedAtEpochMs: number): Promise<void>;

  /** The key, revoked or not, strongly consistent; undefined for none. */
  abstract find(keyId: string): Promise<ApiKey | undefined>;

  abstract page(
    after: string | undefined,
    limit: number,
    budget: WorkBudget | undefined,
  ): Promise<ApiKeyPage>;

  /** Every key, revoked ones too for a while, strongly consistent. */
  abstract all(signal: AbortSignal): Promise<readonly ApiKey[]>;

  /** What was made or revoked at `sinceEpochMs` or later, strongly consistent. Goes back a day. */
  abstract changedSince(sinceEpochMs: number, signal: AbortSignal): Promise<readonly ApiKey[]>;

  /** Does nothing, and costs one call, when that use or a later one is known. */
  abstract recordUse(keyId: string, usedAtEpochMs: number): Promise<void>;
}
