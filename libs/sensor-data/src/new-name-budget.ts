import { RecentMap, type Clock } from '@sensorflow/kernel';

const MINUTE_MS = 60_000;
/** In each of two generations. A caller that is forgotten has its whole budget again. */
const REMEMBERED_CALLERS = 10_000;

/** Each caller may bring `namesPerMinute` names at once, and as many again within the next minute. */
export class NewNameBudget {
  private readonly callers = new RecentMap<string, { fullAtEpochMs: number }>(REMEMBERED_CALLERS);

  constructor(
    private readonly namesPerMinute: number,
    private readonly clock: Clock,
  ) {}

  /** Whether there was enough for all of them; if not, nothing is taken. */
  take(callerId: string, names: number): boolean {
    if (names === 0) return true;
    if (this.waitMs(callerId, names) > 0) return false;
    this.callers.set(callerId, { fullAtEpochMs: this.fullAtEpochMs(callerId, names) });
    return true;
  }

  /** How long until the caller may bring that many, if it brings nothing else meanwhile. */
  waitMs(callerId: string, names: number): number {
    const fullAtEpochMs = this.fullAtEpochMs(callerId, names);
    return Math.max(0, fullAtEpochMs - this.clock.nowEpochMs() - MINUTE_MS);
  }

  /** When the caller would have the whole budget again. */
  private fullAtEpochMs(callerId: string, names: number): number {
    const before = this.callers.get(callerId)?.fullAtEpochMs ?? 0;
    const spentMs = (names * MINUTE_MS) / this.namesPerMinute;
    return Math.max(before, this.clock.nowEpochMs()) + spentMs;
  }
}
