import { setTimeout as delay } from 'node:timers/promises';

/** Time as a dependency, so that a test can hold it still. */
export abstract class Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  abstract nowEpochMs(): number;
  abstract sleep(durationMs: number): Promise<void>;
}

/**
 * Calls `onDue` once, about `afterMs` later, and after pending input: after a pause, Node runs overdue timers before it
 * reads its sockets, so that an answer which has arrived would be taken for a timeout. Returns a function that cancels.
 */
export function setAlarm(afterMs: number, onDue: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(onDue);
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
