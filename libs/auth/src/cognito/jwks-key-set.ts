import { Clock } from '@sensorflow/kernel';
import { SigningKeys } from '../signing-keys.js';
import { fetchJson } from './fetch-json.js';
import { readSigningKeys, type SigningKey } from './jwks-document.js';

const TIMEOUT_MS = 2000;
const MAX_BYTES = 64 * 1024;
const REFRESH_EVERY_MS = 3_600_000;
const RETRY_EVERY_MS = 60_000;
/** Until the first success nobody can log in, so it is tried more often. */
const FIRST_RETRIES_MS = [250, 500, 1000, 2000, 5000];
const UNKNOWN_KEY_PAUSE_MS = 10_000;

/**
 * The user pool's public keys, fetched before the service is ready and every hour from then on. Kept
 * while the endpoint is down, so that its outage is not ours. jwks-rsa's own limiter is not used: a
 * flood of invented key ids uses up its budget, and a rotated key then waits with them.
 */
export class JwksKeySet extends SigningKeys {
  private keysById: ReadonlyMap<string, SigningKey> = new Map();
  private running: Promise<boolean> | undefined;
  private lastUnknownKeyEpochMs = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private stopped = false;

  constructor(
    private readonly jwksUri: string,
    private readonly clock: Clock,
    private readonly onRefreshFailed: (error: unknown) => void,
  ) {
    super();
  }

  isReady(): boolean {
    return this.keysById.size > 0;
  }

  all(): readonly SigningKey[] {
    return [...this.keysById.values()];
  }

  /**
   * Whether this key is ours. An unknown one may be new, so the endpoint is asked, but at most once
   * in 10 s however many are invented; the hourly refresh goes on beside that.
   */
  async knows(keyId: string): Promise<boolean> {
    if (this.keysById.has(keyId)) return true;
    const now = this.clock.nowEpochMs();
    if (!this.running && now - this.lastUnknownKeyEpochMs < UNKNOWN_KEY_PAUSE_MS) return false;
    if (!this.running) this.lastUnknownKeyEpochMs = now;
    await this.refresh();
    return this.keysById.has(keyId);
  }

  /** Fetches the keys; concurrent calls share one request. False when the old ones had to be kept. */
  refresh(): Promise<boolean> {
    this.running ??= this.fetchKeys().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** Tries once, then goes on in the background until `stop`. */
  async start(): Promise<void> {
    const succeeded = await this.refresh();
    this.failures = succeeded ? 0 : this.failures + 1;
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.start(), this.pauseMs(succeeded));
    this.timer.unref();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private pauseMs(succeeded: boolean): number {
    if (succeeded) return REFRESH_EVERY_MS;
    if (this.isReady()) return RETRY_EVERY_MS;
    return FIRST_RETRIES_MS[this.failures - 1] ?? FIRST_RETRIES_MS.at(-1) ?? RETRY_EVERY_MS;
  }

  private async fetchKeys(): Promise<boolean> {
    try {
      const keys = readSigningKeys(await fetchJson(this.jwksUri, TIMEOUT_MS, MAX_BYTES));
      if (keys.size === 0) throw new Error('the document has no usable key');
      this.keysById = keys;
      return true;
    } catch (error) {
      this.onRefreshFailed(error);
      return false;
    }
  }
}
