import type { HourlyVerifier, VerifiedHour } from './hourly-verifier.js';

/** Is told of every verified hour, and of failures. */
export interface HourlyVerificationListener {
  onHourVerified(verified: VerifiedHour): void;
  onFailure(error: unknown): void;
}

/** Spreads the load of processes that start at the same time. */
const jitter = (ms: number): number => ms * (0.5 + Math.random());

/** Runs the hourly verifier at intervals until it is stopped. */
export class VerificationSchedule {
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private run: Promise<void> = Promise.resolve();

  constructor(
    private readonly verifier: HourlyVerifier,
    private readonly listener: HourlyVerificationListener,
    private readonly everyMs: number | 'never',
  ) {}

  start(): void {
    if (this.stopping.signal.aborted || this.everyMs === 'never') return;
    this.timer = setTimeout(() => {
      this.run = this.runOnce();
    }, jitter(this.everyMs));
    this.timer.unref();
  }

  /** Waits only for the current call to the store. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the hourly verification was stopped'));
    clearTimeout(this.timer);
    await this.run;
  }

  private async runOnce(): Promise<void> {
    const { signal } = this.stopping;
    try {
      for await (const verified of this.verifier.verifyDueHours(signal)) {
        this.listener.onHourVerified(verified);
      }
    } catch (error) {
      if (!signal.aborted) this.listener.onFailure(error);
    }
    this.start();
  }
}
