/** Older answers count for less and less: to a third after so long. */
const MEMORY_MS = 1_000;

/**
 * How many puts a second the store gets done while there is a backlog. Without one, the rate would be
 * that of the callers, which says nothing of what the store could do: then there is none.
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

  /** How long so many puts will take; undefined while nobody can say. */
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
