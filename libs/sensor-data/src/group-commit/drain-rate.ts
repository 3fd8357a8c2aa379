/** Older answers count less: a third after this time. */
const MEMORY_MS = 1_000;

/**
 * How many puts a second the store completes while there is a backlog. Without a backlog there is no rate: the callers,
 * not the store, would decide it.
 */
export class DrainRate {
  private beganEpochMs: number | undefined;
  private lastEpochMs = 0;
  private weight = 0;

  constructor(private readonly warmUpMs: number) {}

  backlogBegins(nowEpochMs: number): void {
    if (this.beganEpochMs !== undefined) return;
    this.beganEpochMs = nowEpochMs;
    this.lastEpochMs = nowEpochMs;
    this.weight = 0;
  }

  backlogEnds(): void {
    this.beganEpochMs = undefined;
  }

  done(puts: number, nowEpochMs: number): void {
    if (this.beganEpochMs === undefined) return;
    this.fade(nowEpochMs);
    this.weight += puts;
  }

  /** How long this many puts will take; undefined while the rate is unknown. */
  projectedMs(puts: number, nowEpochMs: number): number | undefined {
    if (this.beganEpochMs === undefined) return undefined;
    const elapsedMs = nowEpochMs - this.beganEpochMs;
    if (elapsedMs < this.warmUpMs) return undefined;
    if (puts === 0) return 0;
    this.fade(nowEpochMs);
    const observedMs = MEMORY_MS * (1 - Math.exp(-elapsedMs / MEMORY_MS));
    return (puts * observedMs) / this.weight;
  }

  private fade(nowEpochMs: number): void {
    // A clock that was set back must not make old answers count for more.
    this.weight *= Math.exp(Math.min(0, this.lastEpochMs - nowEpochMs) / MEMORY_MS);
    this.lastEpochMs = nowEpochMs;
  }
}
