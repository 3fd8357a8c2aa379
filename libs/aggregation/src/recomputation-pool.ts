import { DomainError, type Clock } from '@sensorflow/kernel';

/** Enough to hide the store's latency. */
const CONCURRENCY = 8;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;
/** How many others may overtake a cell that is refused repeatedly: perhaps only its partition is too hot. */
const MOST_PASSING = 4;
/** Without progress for this long, the store is not just throttling: give up, so that later work is not held up. */
const PATIENCE_MS = 5000;

export interface PoolWork<T> {
  /** A retry must not rely on anything that an earlier attempt has read. */
  recompute(cell: T, isRetry: boolean): Promise<void>;
  /** For cells that are done in parts: how many parts are done. */
  partsDone?(cell: T): number;
  /** Its last error. */
  fail(cell: T, error: unknown): unknown;
}

/** Recomputes cells in parallel, and slows down while the store answers `unavailable`. */
export class RecomputationPool {
  constructor(
    private readonly clock: Clock,
    private readonly random: () => number = Math.random,
  ) {}

  /**
   * Recomputes the cells about in their order. A cell that is `unavailable` is tried again until the deadline, as long as
   * others make progress; other errors fail their cell at once.
   */
  async run<T>(cells: Iterable<T>, deadlineEpochMs: number, work: PoolWork<T>): Promise<void> {
    await new PoolRun(cells, deadlineEpochMs, work, this.clock, this.random).drain();
  }
}

interface Attempt<T> {
  readonly cell: T;
  readonly index: number;
  readonly refusals: number;
  /** How many others may still overtake it. */
  passing: number;
  error?: unknown;
}

class PoolRun<T> {
  private readonly fresh: Iterator<[number, T]>;
  /** In the order of the cells; all of them come before the fresh ones. */
  private readonly refused: Attempt<T>[] = [];
  private readonly workers = new Set<Promise<void>>();
  private allowed = CONCURRENCY;
  private pauseMs = FIRST_PAUSE_MS;
  /** Refusals of attempts that ran together count once. */
  private round = 0;
  private gotOnEpochMs: number;

  constructor(
    cells: Iterable<T>,
    private readonly deadlineEpochMs: number,
    private readonly work: PoolWork<T>,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {
    this.fresh = [...cells].entries();
    this.gotOnEpochMs = clock.nowEpochMs();
  }

  async drain(): Promise<void> {
    for (this.addWorkers(); this.workers.size > 0; this.addWorkers()) {
      await Promise.race(this.workers);
    }
  }

  private addWorkers(): void {
    while (this.workers.size < this.allowed) {
      const next = this.take();
      if (!next) return;
      const worker: Promise<void> = this.runWorker(next).finally(() => this.workers.delete(worker));
      this.workers.add(worker);
    }
  }

  private async runWorker(first: Attempt<T>): Promise<void> {
    for (let next: Attempt<T> | undefined = first; next; next = this.take()) {
      await this.attempt(next);
      if (this.workers.size > this.allowed) return;
      this.addWorkers();
    }
  }

  private take(): Attempt<T> | undefined {
    for (const [at, attempt] of this.refused.entries()) {
      if (attempt.passing === 0) return this.refused.splice(at, 1)[0];
      attempt.passing -= 1;
    }
    const { done, value } = this.fresh.next();
    if (done) return this.refused.shift();
    return { index: value[0], cell: value[1], refusals: 0, passing: 0 };
  }

  private async attempt(attempt: Attempt<T>): Promise<void> {
    const { cell, refusals } = attempt;
    const { round } = this;
    if (refusals > 0 && this.isOver()) {
      this.work.fail(cell, attempt.error);
      return;
    }
    const partsBefore = this.work.partsDone?.(cell);
    try {
      await this.work.recompute(cell, refusals > 0);
      this.noteProgress();
      this.speedUp();
    } catch (error) {
      if (this.work.partsDone?.(cell) !== partsBefore) this.noteProgress();
      if (!isUnavailable(error) || this.isOver()) {
        this.work.fail(cell, error);
        return;
      }
      if (round === this.round) this.slowDown();
      this.putBack({ ...attempt, error });
      await this.pause();
    }
  }

  private noteProgress(): void {
    this.gotOnEpochMs = this.clock.nowEpochMs();
  }

  private slowDown(): void {
    this.round += 1;
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
    this.allowed = Math.max(1, Math.floor(this.allowed / 2));
  }

  /** Adds parallel work only when no pauses are needed any more. */
  private speedUp(): void {
    this.pauseMs = Math.max(this.pauseMs / 2, FIRST_PAUSE_MS);
    if (this.pauseMs > FIRST_PAUSE_MS) return;
    this.allowed = Math.min(this.allowed + 1, CONCURRENCY);
  }

  private putBack(attempt: Attempt<T>): void {
    const passing = Math.min(attempt.refusals, MOST_PASSING);
    const refused = { ...attempt, refusals: attempt.refusals + 1, passing };
    const behind = this.refused.findIndex(({ index }) => index > refused.index);
    this.refused.splice(behind < 0 ? this.refused.length : behind, 0, refused);
  }

  private async pause(): Promise<void> {
    const pauseMs = this.pauseMs * (0.5 + this.random() / 2);
    await this.clock.sleep(Math.min(pauseMs, this.timeLeftMs()));
  }

  private isOver(): boolean {
    const idleMs = this.clock.nowEpochMs() - this.gotOnEpochMs;
    return this.timeLeftMs() <= 0 || idleMs >= PATIENCE_MS;
  }

  private timeLeftMs(): number {
    return this.deadlineEpochMs - this.clock.nowEpochMs();
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof DomainError && error.kind === 'unavailable';
}
