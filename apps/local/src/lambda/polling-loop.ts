import { setTimeout as delay } from 'node:timers/promises';

/** Takes turns until it is stopped, waiting after each as long as it asks for. */
export class PollingLoop {
  private stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private readonly turn: () => Promise<number>;

  /** `turn` never rejects; it returns milliseconds. */
  constructor(turn: () => Promise<number>) {
    this.turn = turn;
  }

  get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  start(): void {
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    this.running = this.running.then(async () => this.run(signal));
  }

  /** Lets the turn end that is under way, but waits no longer than the grace. */
  async stop(graceMs: number): Promise<void> {
    this.stopping.abort();
    const grace = new AbortController();
    await Promise.race([this.running, pause(graceMs, grace.signal)]);
    grace.abort();
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(await this.turn(), signal);
    }
  }
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await delay(durationMs, undefined, { signal }).catch(() => undefined);
}
