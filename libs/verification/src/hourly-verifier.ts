import {
  earlierHour,
  FIRST_HOUR,
  hourOfEpochMs,
  hourPlus,
  type ClosingProgress,
  type Hour,
} from '@sensorflow/aggregation';
import { WorkBudget, type Clock } from '@sensorflow/kernel';
import type { VerificationPosition, VerificationProgress } from './verification-progress.js';
import type { Verification, VerificationReport } from './verification.js';

/** What the verification of one hour found and repaired. */
export type VerifiedHour = Pick<
  VerificationReport,
  'checked' | 'differences' | 'repaired' | 'tooLarge'
> & { readonly hour: Hour };

/** After a longer pause only the latest of these are verified; `npm run verify` does the rest. */
const MOST_HOURS_BACK = 48;
/** How long a process that dies blocks the others. Two at once do no harm. */
const HELD_MS = 30 * 60_000;
const MS_PER_HOUR = 3_600_000;

/**
 * Verifies and repairs every closed hour once, some time after its end: record 0011. Any number of processes may
 * try; one of them does it.
 */
export class HourlyVerifier {
  constructor(
    private readonly verification: Verification,
    private readonly progress: VerificationProgress,
    private readonly closing: ClosingProgress,
    private readonly clock: Clock,
    /** How long after its end an hour is verified. */
    private readonly delayMs: number,
  ) {}

  /**
   * Verifies the hours that are due, oldest first, unless another process does. Throws what the stores
   * throw, and the signal's reason; a later call verifies that hour again.
   */
  async *verifyDueHours(signal: AbortSignal): AsyncGenerator<VerifiedHour> {
    for (;;) {
      const held = await this.takeNext();
      if (!held || signal.aborted) return;
      yield await this.verifyHeld(held, signal);
      if (!(await this.advance(held.next))) return;
    }
  }

  /** Releases the hour after a failure, so that the next attempt, here or elsewhere, need not wait for it. */
  private async verifyHeld(held: VerificationPosition, signal: AbortSignal): Promise<VerifiedHour> {
    try {
      return await this.verifyHour(held.next, signal);
    } catch (error) {
      const free = { ...held, version: held.version + 1, heldUntilEpochMs: 0 };
      await this.progress.replace(free).catch(() => 'it is free by itself, later');
      throw error;
    }
  }

  /**
   * False when another process has moved on. If another only holds the same hour by now, it counts as verified
   * all the same: otherwise an hour that takes longer than it may be held would never be.
   */
  private async advance(verified: Hour): Promise<boolean> {
    const position = await this.progress.read();
    if (position?.next !== verified) return false;
    const next = hourPlus(verified, 1);
    const done = { version: position.version + 1, next, heldUntilEpochMs: 0 };
    return (await this.progress.replace(done)) === 'replaced';
  }

  /** Undefined when nothing is due, or another process holds it. */
  private async takeNext(): Promise<VerificationPosition | undefined> {
    const now = this.clock.nowEpochMs();
    const ended = hourOfEpochMs(now - this.delayMs - MS_PER_HOUR);
    const closed = await this.closing.read('position');
    if (closed === FIRST_HOUR) return undefined;
    const newest = earlierHour(ended, hourPlus(closed, -1));
    const position = await this.progress.read();
    if (position && (position.next > newest || position.heldUntilEpochMs > now)) return undefined;
    const next = position ? laterHour(position.next, hourPlus(newest, -MOST_HOURS_BACK)) : newest;
    const version = (position?.version ?? 0) + 1;
    const held = { version, next, heldUntilEpochMs: now + HELD_MS };
    return (await this.progress.replace(held)) === 'replaced' ? held : undefined;
  }

  /** One page covers the hour, unless it has more differences than one comparison lists. */
  private async verifyHour(hour: Hour, signal: AbortSignal): Promise<VerifiedHour> {
    const range = { from: hour, to: hourPlus(hour, 1) };
    const budget = new WorkBudget(signal, this.clock);
    const pages: VerificationReport[] = [];
    for (let next: Hour | undefined = hour; next !== undefined;) {
      const page = await this.verification.repair({ range }, budget);
      pages.push(page);
      ({ next } = page);
    }
    return {
      hour,
      checked: Math.max(...pages.map(({ checked }) => checked)),
      differences: pages.flatMap(({ differences }) => differences),
      repaired: pages.reduce((sum, { repaired }) => sum + repaired, 0),
      tooLarge: Math.max(...pages.map(({ tooLarge }) => tooLarge)),
    };
  }
}

function laterHour(a: Hour, b: Hour): Hour {
  return earlierHour(a, b) === a ? b : a;
}
