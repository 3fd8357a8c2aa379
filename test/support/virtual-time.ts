import { Clock } from '@sensorflow/kernel';
import { setImmediate as turn } from 'node:timers/promises';

export const START_EPOCH_MS = Date.UTC(2026, 0, 1);

/** Far more than any schedule has. */
const MAX_EVENTS = 200_000;

export const tellNothing = () => undefined;

interface TimedEvent {
  readonly atMs: number;
  run: () => void;
}

/** Events in order of time; between two of them everything runs that can run without time. */
export class VirtualTime extends Clock {
  private nowMs = START_EPOCH_MS;
  private readonly events: TimedEvent[] = [];
  private first = 0;

  /** Tells before from after within one millisecond. */
  get eventsSoFar(): number {
    return this.first;
  }

  /** What timers do not notice. */
  setBackMs = 0;

  override nowEpochMs(): number {
    return Math.floor(this.nowMs) - this.setBackMs;
  }

  override sleep(durationMs: number): Promise<void> {
    return new Promise((resolve) => this.after(durationMs, resolve));
  }

  after(durationMs: number, run: () => void): () => void {
    const event = { atMs: this.nowMs + durationMs, run };
    let [from, to] = [this.first, this.events.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.events[middle]?.atMs ?? Infinity) <= event.atMs) from = middle + 1;
      else to = middle;
    }
    this.events.splice(from, 0, event);
    return () => {
      event.run = tellNothing;
    };
  }

  async runToTheEnd(afterEach: () => void = tellNothing): Promise<void> {
    for (let event = this.events[0]; event; event = this.events[this.first]) {
      this.first += 1;
      if (this.first > MAX_EVENTS) throw new Error('it never comes to rest');
      this.nowMs = event.atMs;
      event.run();
      await turn();
      afterEach();
    }
  }
}
