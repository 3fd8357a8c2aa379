import { DomainError, RecentMap, type Clock } from '@sensorflow/kernel';

const FIRST_BACKOFF_MS = 20;
const LONGEST_BACKOFF_MS = 1000;
/** Of each of two generations, about 150 bytes each. */
const REMEMBERED_VERSIONS = 20_000;

/**
 * Optimistic locking of cells by their version: learn the version, read what lies below, write the next
 * version, and start over when another stands there by then.
 *
 * Why that is right: whoever writes version u + 1 knew u before reading the level below, so that it has
 * seen every change that the writer of u had seen. That needs every recomputation to write, also one that
 * finds nothing new: the write is what makes an older one that is still on its way fail.
 */
export class VersionLock<Known = number> {
  /**
   * What this process wrote, by version, to spare a read of each. One that has moved since costs a conflict,
   * never a wrong aggregate, because a version never comes back.
   */
  private readonly written = new RecentMap<string, Known>(REMEMBERED_VERSIONS);

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number = Math.random,
  ) {}

  /** Forgets it too, so that the version is read again after a failed or refused write. */
  takeRemembered(key: string): Known | undefined {
    const known = this.written.get(key);
    this.written.delete(key);
    return known;
  }

  remember(key: string, known: Known): void {
    this.written.set(key, known);
  }

  /** Throws DomainError `unavailable` (`recompute-out-of-time`) at the deadline. */
  async untilNoConflict<T>(
    deadlineEpochMs: number,
    attempt: () => Promise<T | 'conflict'>,
  ): Promise<T> {
    for (let conflicts = 0; ; conflicts += 1) {
      this.assertTimeLeft(deadlineEpochMs);
      const outcome = await attempt();
      if (outcome !== 'conflict') return outcome;
      const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** conflicts, LONGEST_BACKOFF_MS);
      await this.clock.sleep(this.random() * backoffMs);
    }
  }

  assertTimeLeft(deadlineEpochMs: number): void {
    if (this.clock.nowEpochMs() < deadlineEpochMs) return;
    throw new DomainError(
      'unavailable',
      'recompute-out-of-time',
      'There was no time left to recompute this hour.',
    );
  }
}
