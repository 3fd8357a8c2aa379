import { instantFromEpochMs, type Clock } from '@sensorflow/kernel';
import { CallLimit } from './call-limit.js';
import { KeyOrder } from './key-order.js';
import { MAX_PUTS_PER_CALL, type PutOutcome, type ReadingStore } from './reading-store.js';
import { ReadingWriter, type WriteOutcome } from './reading-writer.js';
import { readingKey, type Reading, type StoredReading } from './reading.js';

/** Calls to the store at a time, over all callers: 8 × 25 items at 15 ms carry 13,000 readings/s. */
const MAX_CALLS_IN_FLIGHT = 8;
const FIRST_BACKOFF_MS = 25;
const MAX_BACKOFF_MS = 800;

/** A call's last attempt begins within 2 s of its arrival; a batch of 10,000 (400 chunks) gets 10 s. */
const BUDGET_MS = 2_000;
const BUDGET_PER_CHUNK_MS = 20;
const MAX_BUDGET_MS = 10_000;

type WriteFailure = Exclude<PutOutcome, 'stored'>;

/** One key of a call: the reading that stands for it, and what is known of it so far. */
interface PendingPut {
  readonly key: string;
  reading: StoredReading;
  outcome: PutOutcome;
}

/**
 * Writes through `ReadingStore.putAll` in chunks of up to 25 keys and repeats what the store did not
 * confirm, with full-jitter backoff, until the call's time is up. The one retry layer: its store makes
 * one attempt a call.
 *
 * Concurrent calls for one key take effect in the order of their arrival, as far as this process can
 * say: not across processes, and not when an attempt of unknown outcome still lands after its answer.
 */
export class ConfirmingReadingWriter extends ReadingWriter {
  private readonly limit = new CallLimit(MAX_CALLS_IN_FLIGHT);
  private readonly order = new KeyOrder();

  constructor(
    private readonly store: ReadingStore,
    private readonly clock: Clock,
  ) {
    super();
  }

  async write(readings: readonly Reading[]): Promise<readonly WriteOutcome[]> {
    const arrivedEpochMs = this.clock.nowEpochMs();
    const { puts, putOf } = distinctPuts(readings, arrivedEpochMs);
    const chunks = chunksOf(puts, MAX_PUTS_PER_CALL);
    const deadlineEpochMs = arrivedEpochMs + budgetMs(chunks.length);
    await Promise.all(
      chunks.map((chunk) =>
        this.order.run(
          chunk.map(({ key }) => key),
          () => this.writeChunk(chunk, deadlineEpochMs),
        ),
      ),
    );
    return putOf.map(answerFor);
  }

  private async writeChunk(chunk: readonly PendingPut[], deadlineEpochMs: number): Promise<void> {
    let pending = chunk;
    for (let failures = 0; pending.length > 0; failures += 1) {
      if (failures > 0 && !(await this.backOff(failures, deadlineEpochMs))) return;
      const attempted = await this.limit.run(() => this.attempt(pending, deadlineEpochMs));
      if (!attempted) return;
      pending = pending.filter(({ outcome }) => outcome === 'not-stored' || outcome === 'unknown');
    }
  }

  /** One call to the store. False when its turn came too late to begin. */
  private async attempt(pending: readonly PendingPut[], deadlineEpochMs: number): Promise<boolean> {
    if (this.clock.nowEpochMs() >= deadlineEpochMs) return false;
    const outcomes = await this.store.putAll(pending.map(({ reading }) => reading));
    for (const [position, put] of pending.entries()) {
      put.outcome = afterAttempt(put.outcome, outcomes[position] ?? 'unknown');
    }
    return true;
  }

  private async backOff(failures: number, deadlineEpochMs: number): Promise<boolean> {
    const ceilingMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
    const durationMs = Math.random() * ceilingMs;
    if (this.clock.nowEpochMs() + durationMs >= deadlineEpochMs) return false;
    await this.clock.sleep(durationMs);
    return true;
  }
}

function budgetMs(chunks: number): number {
  return Math.min(MAX_BUDGET_MS, BUDGET_MS + (chunks - 1) * BUDGET_PER_CHUNK_MS);
}

/** What may have happened once stays unknown: a later "not stored" speaks of its own attempt only. */
function afterAttempt(before: PutOutcome, attempt: PutOutcome): PutOutcome {
  return before === 'unknown' && attempt === 'not-stored' ? 'unknown' : attempt;
}

/** DynamoDB refuses a whole call that names a key twice: the last reading of a key stands for all. */
function distinctPuts(readings: readonly Reading[], receivedEpochMs: number) {
  const registerTime = instantFromEpochMs(receivedEpochMs);
  const byKey = new Map<string, PendingPut>();
  const putOf = readings.map((reading): PendingPut => {
    const key = readingKey(reading);
    const known = byKey.get(key);
    if (known) {
      known.reading = { ...reading, registerTime };
      return known;
    }
    const put: PendingPut = { key, reading: { ...reading, registerTime }, outcome: 'not-stored' };
    byKey.set(key, put);
    return put;
  });
  return { puts: [...byKey.values()], putOf };
}

function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) {
    chunks.push(items.slice(start, start + size));
  }
  return chunks;
}

function answerFor({ reading, outcome }: PendingPut): WriteOutcome {
  if (outcome === 'stored') return { outcome, reading };
  const failure: WriteFailure = outcome;
  return { outcome: failure };
}
