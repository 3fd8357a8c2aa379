import { setTimeout as delay } from 'node:timers/promises';

/** Time as a dependency, so that a test can hold it still. */
export abstract class Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  abstract nowEpochMs(): number;
  abstract sleep(durationMs: number): Promise<void>;
}

/**
 * Rings once, about `afterMs` later, and never before all that had arrived by then was delivered: after
 * a pause, Node runs what is overdue before it looks at its sockets, and would take an answer that lies
 * there for one that never came. Returns what takes the alarm back.
 */
export function setAlarm(afterMs: number, ring: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(ring);
  }, afterMs);
  return () => {
    clearTimeout(timer);
    if (immediate) clearImmediate(immediate);
  };
}

export class SystemClock extends Clock {
  nowEpochMs(): number {
    return Date.now();
  }

  async sleep(durationMs: number): Promise<void> {
    await delay(durationMs);
  }
}
