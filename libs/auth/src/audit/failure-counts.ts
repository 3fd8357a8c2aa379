import type { Clock } from '@sensorflow/kernel';
import type { Failure } from './audit-entry.js';
import { AuditStore } from './audit-store.js';

const FLUSH_AFTER_MS = 10_000;
const MINUTE_MS = 60_000;
/** Of different kinds between two flushes; what is beyond them is counted as one kind. */
const MAX_KINDS = 200;
const AT_ONCE = 4;

const OTHERS: Failure = {
  actor: 'others',
  action: 'failures beyond those that are told apart',
  target: '',
  address: '',
  outcome: 'refused',
};

interface Count {
  readonly failure: Failure;
  readonly minuteEpochMs: number;
  count: number;
}

/**
 * Failures of a kind and minute, counted in memory and written together: a flood of them costs the store a few
 * writes a second. A process that is killed loses those of the last 10 s.
 */
export class FailureCounts {
  private counts = new Map<string, Count>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: AuditStore,
    private readonly clock: Clock,
    private readonly onFailed: (error: unknown) => void,
  ) {}

  add(failure: Failure): void {
    const now = this.clock.nowEpochMs();
    const minuteEpochMs = now - (now % MINUTE_MS);
    const kind = JSON.stringify([minuteEpochMs, ...Object.values(failure)]);
    const known = this.counts.get(kind);
    if (known) known.count += 1;
    else if (this.counts.size < MAX_KINDS || failure === OTHERS) {
      this.counts.set(kind, { failure, minuteEpochMs, count: 1 });
    } else this.add(OTHERS);
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS).unref();
  }

  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const waiting = [...this.counts.values()];
    this.counts = new Map();
    const write = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const { failure, minuteEpochMs, count } = next;
        await this.store.addFailures(failure, minuteEpochMs, count).catch(this.onFailed);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, write));
  }
}
