import { earlierHour, hourOfEpochMs, hourPlus, type Hour } from '@sensorflow/aggregation';
import { WorkBudget, type Clock } from '@sensorflow/kernel';
import type { SweepLedger, SweepPosition } from './verification-progress.js';
import type { Verification, VerificationReport } from './verification.js';

/** What the sweep of one hour found and put right. */
export type SweptHour = Pick<
  VerificationReport,
  'checked' | 'differences' | 'repaired' | 'tooLarge'
> & { readonly hour: Hour };

/** After a longer pause only the latest of these are swept; `npm run verify` does the rest. */
const MOST_HOURS_BACK = 48;
/** A process that died holds up the sweep for so long. Two at once do no harm. */
const HELD_MS = 30 * 60_000;
const MS_PER_HOUR = 3_600_000;

/**
 * Verifies and repairs every hour once, some time after it closed: record 0011. Any number of processes
 * may try; one of them sweeps.
 */
export class Sweeper {
  constructor(
    private readonly verification: Verification,
    private readonly ledger: SweepLedger,
    private readonly clock: Clock,
    /** How long after its end an hour is swept. */
    private readonly delayMs: number,
  ) {}

  /**
   * Sweeps what is due, an hour at a time, oldest first, unless another process does. Throws what the
   * stores throw, and the signal's reason; the hour is swept at a later turn then.
   */
  async *turn(signal: AbortSignal): AsyncGenerator<SweptHour> {
    for (;;) {
      const held = await this.takeNext();
      if (!held || signal.aborted) return;
      yield await this.sweepHeld(held, signal);
      if (!(await this.advance(held.next))) return;
    }
  }

  /** Who fails lets go of the hour, so that the next turn, here or elsewhere, need not wait for it. */
  private async sweepHeld(held: SweepPosition, signal: AbortSignal): Promise<SweptHour> {
    try {
      return await this.sweep(held.next, signal);
    } catch (error) {
      const free = { ...held, version: held.version + 1, heldUntilEpochMs: 0 };
      await this.ledger.replace(free).catch(() => 'it is free by itself, later');
      throw error;
    }
  }

  /** False when others went on meanwhile. Whoever is at the hour now, it is swept: or one that takes long never would be. */
  private async advance(swept: Hour): Promise<boolean> {
    const position = await this.ledger.read();
    if (position?.next !== swept) return false;
    const next = hourPlus(swept, 1);
    const done = { version: position.version + 1, next, heldUntilEpochMs: 0 };
    return (await this.ledger.replace(done)) === 'replaced';
  }

  /** Undefined when nothing is due, or another holds it. */
  private async takeNext(): Promise<SweepPosition | undefined> {
    const now = this.clock.nowEpochMs();
    const newest = hourOfEpochMs(now - this.delayMs - MS_PER_HOUR);
    const position = await this.ledger.read();
    if (position && (position.next > newest || position.heldUntilEpochMs > now)) return undefined;
    const next = position ? laterHour(position.next, hourPlus(newest, -MOST_HOURS_BACK)) : newest;
    const version = (position?.version ?? 0) + 1;
    const held = { version, next, heldUntilEpochMs: now + HELD_MS };
    return (await this.ledger.replace(held)) === 'replaced' ? held : undefined;
  }

  /** A page is the whole hour, unless more differs than one look notes. */
  private async sweep(hour: Hour, signal: AbortSignal): Promise<SweptHour> {
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
