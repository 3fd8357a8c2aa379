import { RecentMap, type Clock } from '@sensorflow/kernel';

const MINUTE_MS = 60_000;
/** Of each of two generations. Who is forgotten has all of the budget again. */
const REMEMBERED_CALLERS = 10_000;

/** So many names of each caller at once, and as many again within the next minute. */
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

  /** Until there is enough for so many, if the caller takes nothing else meanwhile. */
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
