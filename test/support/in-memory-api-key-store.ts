import type { ApiKey, ListedApiKey } from '@sensorflow/auth/api-keys/api-key.js';
import { ApiKeyStore, type ApiKeyPage } from '@sensorflow/auth/api-keys/api-key-store.js';

/** API keys that several "processes" of a test can share. Counts its calls, and can be told to fail. */
export class InMemoryApiKeyStore extends ApiKeyStore {
  private readonly keys = new Map<string, ApiKey>();
  private readonly usedAt = new Map<string, number>();
  private readonly changes: { readonly atEpochMs: number; readonly key: ApiKey }[] = [];
  readonly uses: (readonly [keyId: string, usedAtEpochMs: number])[] = [];
  calls = 0;
  failing = false;

  override async create(key: ApiKey): Promise<void> {
    this.count();
    this.keys.set(key.keyId, key);
    this.changes.push({ atEpochMs: key.createdAtEpochMs, key });
  }

  override async revoke(key: ApiKey, revokedAtEpochMs: number): Promise<void> {
    this.count();
    const revoked = { ...key, revokedAtEpochMs };
    this.changes.push({ atEpochMs: revokedAtEpochMs, key: revoked });
    const known = this.keys.get(key.keyId);
    if (known) this.keys.set(key.keyId, { ...known, revokedAtEpochMs });
  }

  override async find(keyId: string): Promise<ApiKey | undefined> {
    this.count();
    return this.keys.get(keyId);
  }

  override async page(after: string | undefined, limit: number): Promise<ApiKeyPage> {
    this.count();
    const rest = this.sorted().filter(({ keyId }) => after === undefined || keyId > after);
    const page = rest.slice(0, limit);
    return {
      keys: page
        .filter(({ revokedAtEpochMs }) => revokedAtEpochMs === undefined)
        .map((key) => this.listed(key)),
      next: rest.length > limit ? page.at(-1)?.keyId : undefined,
    };
  }

  override async all(): Promise<readonly ApiKey[]> {
    this.count();
    return this.sorted();
  }

  override async changedSince(sinceEpochMs: number): Promise<readonly ApiKey[]> {
    this.count();
    return this.changes
      .filter(({ atEpochMs }) => atEpochMs >= sinceEpochMs)
      .toSorted((a, b) => a.atEpochMs - b.atEpochMs)
      .map(({ key }) => key);
  }

  /** As DynamoDB's TTL does after a day. */
  forgetChanges(): void {
    this.changes.length = 0;
  }

  override async recordUse(keyId: string, usedAtEpochMs: number): Promise<void> {
    this.count();
    if (!this.keys.has(keyId) || (this.usedAt.get(keyId) ?? -1) >= usedAtEpochMs) return;
    this.usedAt.set(keyId, usedAtEpochMs);
    this.uses.push([keyId, usedAtEpochMs]);
  }

  private listed(key: ApiKey): ListedApiKey {
    return { ...key, lastUsedAtEpochMs: this.usedAt.get(key.keyId) };
  }

  private sorted(): readonly ApiKey[] {
    return [...this.keys.values()].toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1));
  }

  private count(): void {
    this.calls += 1;
    if (this.failing) throw new Error('the store was told to fail');
  }
}
