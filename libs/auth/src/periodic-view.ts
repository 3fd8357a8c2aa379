import { Clock } from '@sensorflow/kernel';

const REFRESH_EVERY_MS = 3000;
const REFRESH_TIMEOUT_MS = 2000;
/** A view older than this could miss a change for longer than promised, so it answers nothing. */
const MAX_AGE_MS = 10_000;
/** Clocks of processes differ, and a change lands some time after the instant it carries. */
const OVERLAP_MS = 120_000;

export const REFRESH_EVERY_SECONDS = REFRESH_EVERY_MS / 1000;

/**
 * Asks for what has changed since the last look; undefined the first time, for everything. Throws
 * whatever its store throws.
 */
export type LookUp = (sinceEpochMs: number | undefined, signal: AbortSignal) => Promise<void>;

/**
 * Keeps this process's view of something that others change: looks it up every 3 s, and says when the
 * view is too old to decide by.
 */
export class PeriodicView {
  private seenUntilEpochMs: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly lookUp: LookUp,
    private readonly clock: Clock,
    private readonly onRefreshFailed: (error: unknown) => void,
  ) {}

  isFresh(): boolean {
    const seenUntil = this.seenUntilEpochMs;
    return seenUntil !== undefined && this.clock.nowEpochMs() - seenUntil <= MAX_AGE_MS;
  }

  /** Throws what looking up throws. */
  async refresh(): Promise<void> {
    const startedAt = this.clock.nowEpochMs();
    const seenUntil = this.seenUntilEpochMs;
    const since = seenUntil === undefined ? undefined : seenUntil - OVERLAP_MS;
    await this.lookUp(since, AbortSignal.timeout(REFRESH_TIMEOUT_MS));
    // What a view shows is true as of the moment at which the question was asked.
    this.seenUntilEpochMs = startedAt;
  }

  /** Refreshes once, then every 3 s until `stop`. A failing store is asked again. */
  async start(): Promise<void> {
    await this.refresh().catch(this.onRefreshFailed);
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.start(), REFRESH_EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}
