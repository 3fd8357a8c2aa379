import { Clock, DomainError } from '@sensorflow/kernel';
import { timingSafeEqual } from 'node:crypto';
import type { Caller } from '../caller.js';
import { EquipmentRestriction } from '../equipment-restriction.js';
import { PeriodicView, REFRESH_EVERY_SECONDS } from '../periodic-view.js';
import { DEFAULT_RATE_PER_MINUTE, forgottenAtEpochMs, type ApiKey } from './api-key.js';
import { ApiKeyStore } from './api-key-store.js';
import { API_KEY_PREFIX, apiKeyHash, keyIdIn } from './api-key-text.js';
import type { LastUses } from './last-uses.js';

interface Entry {
  readonly key: ApiKey;
  readonly caller: Caller;
}

const NO_HASH = Buffer.alloc(32);
/** 10,000 keys are some 5 MB. */
const READ_ALL_TIMEOUT_MS = 30_000;
const TRUST_CHANGES_MS = 12 * 60 * 60_000;

/**
 * Every API key, in this process's memory: a key is checked without a call to the store, and so is a text that
 * is none, however many are tried. A key that is made or revoked elsewhere counts here after the next refresh.
 */
export class ApiKeyDirectory {
  private readonly entries = new Map<string, Entry>();
  private readonly view: PeriodicView;

  constructor(
    private readonly store: ApiKeyStore,
    private readonly clock: Clock,
    private readonly lastUses: LastUses,
    onRefreshFailed: (error: unknown) => void,
  ) {
    this.view = new PeriodicView(
      (since, signal) => this.lookUp(since, signal),
      clock,
      onRefreshFailed,
    );
  }

  /** Revoked ones too, as long as they are kept. */
  get size(): number {
    return this.entries.size;
  }

  isFresh(): boolean {
    return this.view.isFresh();
  }

  /**
   * Who presents this key? Takes about as long whether there is such a key or not.
   *
   * Throws DomainError `unauthenticated` (`api-key-malformed`, `api-key-unknown`, `api-key-revoked`,
   * `api-key-expired`); `unavailable` (`api-key-check-unavailable`) when it cannot know.
   */
  authenticate(unverifiedKey: string): Caller {
    const keyId = keyIdIn(unverifiedKey);
    if (keyId === undefined) throw refused('malformed', MALFORMED);
    if (!this.isFresh()) throw checkUnavailable();
    const entry = this.entries.get(keyId);
    const isRight = timingSafeEqual(apiKeyHash(unverifiedKey), entry?.key.secretHash ?? NO_HASH);
    if (!entry || !isRight) throw refused('unknown', UNKNOWN);
    const { revokedAtEpochMs, expiresAtEpochMs } = entry.key;
    if (revokedAtEpochMs !== undefined) throw refused('revoked', REVOKED);
    if (expiresAtEpochMs !== undefined && expiresAtEpochMs <= this.clock.nowEpochMs()) {
      throw refused('expired', EXPIRED);
    }
    this.lastUses.note(keyId);
    return entry.caller;
  }

  /** Counts here at once. What is revoked stays so. */
  add(key: ApiKey): void {
    const known = this.entries.get(key.keyId)?.key;
    if (known?.revokedAtEpochMs !== undefined) return;
    this.entries.set(key.keyId, { key, caller: callerOf(key) });
  }

  /** Throws what the store throws. */
  refresh(): Promise<void> {
    return this.view.refresh();
  }

  start(): Promise<void> {
    return this.view.start();
  }

  stop(): void {
    this.view.stop();
  }

  private async lookUp(since: number | undefined, signal: AbortSignal): Promise<void> {
    const sinceWhen = since ?? 0;
    for (const key of await this.store.changedSince(sinceWhen, signal)) this.add(key);
    // Changes are kept for a day: who slept longer begins anew.
    if (this.clock.nowEpochMs() - sinceWhen > TRUST_CHANGES_MS) {
      const all = await this.store.all(AbortSignal.timeout(READ_ALL_TIMEOUT_MS));
      for (const key of all) this.add(key);
    }
    this.forgetEnded();
  }

  private forgetEnded(): void {
    const now = this.clock.nowEpochMs();
    for (const [keyId, { key }] of this.entries) {
      if ((forgottenAtEpochMs(key) ?? now) >= now) continue;
      this.entries.delete(keyId);
      this.lastUses.forget(keyId);
    }
  }
}

function callerOf(key: ApiKey): Caller {
  const { expiresAtEpochMs, equipmentIds } = key;
  return {
    kind: 'key',
    subject: `${API_KEY_PREFIX}${key.keyId}`,
    username: key.name,
    scopes: new Set(key.scopes),
    ratePerMinute: key.ratePerMinute ?? DEFAULT_RATE_PER_MINUTE,
    maxConnections: key.maxConnections,
    equipment: equipmentIds && new EquipmentRestriction(equipmentIds),
    expiresAtEpochSeconds:
      expiresAtEpochMs === undefined ? undefined : Math.floor(expiresAtEpochMs / 1000),
  };
}

const ASK = 'Ask an administrator for a new one (POST /api-keys).';
const MALFORMED =
  'The API key is mistyped or cut: keys are sfk_, 16 characters, _ and 49 characters, the last of which are a checksum that does not fit. Send it exactly as it was shown.';
const UNKNOWN = `The API key is well formed, but there is none like it here. ${ASK}`;
const REVOKED = `The API key was revoked. ${ASK}`;
const EXPIRED = `The API key has expired. ${ASK}`;

function refused(what: 'malformed' | 'unknown' | 'revoked' | 'expired', detail: string) {
  return new DomainError('unauthenticated', `api-key-${what}`, detail);
}

function checkUnavailable(): DomainError {
  return new DomainError(
    'unavailable',
    'api-key-check-unavailable',
    'API keys cannot be checked right now. Try again.',
    { retryAfterSeconds: REFRESH_EVERY_SECONDS },
  );
}
