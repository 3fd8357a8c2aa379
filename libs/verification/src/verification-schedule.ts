import type { Sweeper, SweptHour } from './hourly-verifier.js';

/** Told of every hour that was swept, and of turns that failed. */
export interface SweepListener {
  onSwept(swept: SweptHour): void;
  onFailure(error: unknown): void;
}

/** Processes that start together do not ask together. */
const jitter = (ms: number): number => ms * (0.5 + Math.random());

/** Lets a sweeper have its turns from time to time, until it is told to stop. */
export class SweepSchedule {
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly sweeper: Sweeper,
    private readonly listener: SweepListener,
    private readonly everyMs: number | 'never',
  ) {}

  start(): void {
    if (this.stopping.signal.aborted || this.everyMs === 'never') return;
    this.timer = setTimeout(() => {
      this.turn = this.haveATurn();
    }, jitter(this.everyMs));
    this.timer.unref();
  }

  /** Waits for the call to the store that is under way, and no longer. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the sweep was stopped'));
    clearTimeout(this.timer);
    await this.turn;
  }

  private async haveATurn(): Promise<void> {
    const { signal } = this.stopping;
    try {
      for await (const swept of this.sweeper.turn(signal)) this.listener.onSwept(swept);
    } catch (error) {
      if (!signal.aborted) this.listener.onFailure(error);
    }
    this.start();
  }
}
