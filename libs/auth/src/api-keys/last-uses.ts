import type { Clock } from '@sensorflow/kernel';

const QUARTER_HOUR_MS = 15 * 60_000;
const RETRY_AFTER_MS = 60_000;
/** All keys of a fleet begin a new quarter at once: their uses are written one after the other. */
const AT_ONCE = 4;

/**
 * Keeps when each key was last used, to the quarter of an hour: each is written once in a quarter at most,
 * in the background. A use that cannot be written is dropped; the next one after a minute tries again.
 */
export class LastUses {
  /** By key: until when nothing has to be written. */
  private readonly quietUntil = new Map<string, number>();
  private readonly waiting = new Map<string, number>();
  private running = 0;

  constructor(
    private readonly clock: Clock,
    private readonly write: (keyId: string, usedAtEpochMs: number) => Promise<void>,
    private readonly onFailed: (error: unknown) => void,
  ) {}

  note(keyId: string): void {
    const nowEpochMs = this.clock.nowEpochMs();
    if (nowEpochMs < (this.quietUntil.get(keyId) ?? 0)) return;
    const quarter = nowEpochMs - (nowEpochMs % QUARTER_HOUR_MS);
    this.quietUntil.set(keyId, quarter + QUARTER_HOUR_MS);
    this.waiting.set(keyId, quarter);
    this.writeNext();
  }

  forget(keyId: string): void {
    this.quietUntil.delete(keyId);
    this.waiting.delete(keyId);
  }

  private writeNext(): void {
    for (const [keyId, quarter] of this.waiting) {
      if (this.running >= AT_ONCE) return;
      this.waiting.delete(keyId);
      this.running += 1;
      void this.write(keyId, quarter)
        .catch((error: unknown) => {
          this.quietUntil.set(keyId, this.clock.nowEpochMs() + RETRY_AFTER_MS);
          this.onFailed(error);
        })
        .finally(() => {
          this.running -= 1;
          this.writeNext();
        });
    }
  }
}
