import type { CallerLine } from './group-commit-callers.js';
import type { PutOutcome } from './reading-store.js';
import type { WriteOutcome } from './reading-writer.js';
import type { Reading, StoredReading } from './reading.js';

/** What a put's waiters get to hear when it is over. */
export type GivenUp = Exclude<PutOutcome, 'stored'>;

/**
 * `behind` another put of its key → `ready` for a batch → `in-flight` → `done`, or `delayed` by backoff
 * and `ready` again.
 */
export type PutState = 'behind' | 'ready' | 'in-flight' | 'delayed' | 'done';

/** A place in the line of one key. */
abstract class InLine {
  state: PutState = 'behind';
  ahead: PendingPut | KeyTurn | undefined;
  behind: PendingPut | KeyTurn | undefined;

  constructor(readonly key: string) {}
}

/** Work on a key that is no put, when its turn comes. It is `in-flight` from then on. */
export class KeyTurn extends InLine {
  constructor(
    key: string,
    readonly begin: () => void,
  ) {
    super(key);
  }
}

/** One value of one key on its way to the store, and everyone who waits for it. */
export class PendingPut extends InLine {
  /** Some attempt may have landed, or may still: it cannot be called "not stored" any more. */
  maybeLanded = false;
  private notStoredAttempts = 0;
  private unknownAttempts = 0;
  readySinceEpochMs = 0;
  waiters: Waiter[] = [];
  /** Those still unanswered. */
  openWaiters = 0;

  constructor(
    key: string,
    public reading: StoredReading,
    readonly bytes: number,
    readonly caller: CallerLine<PendingPut>,
  ) {
    super(key);
  }

  /** The truth if nobody tries any more. */
  get failure(): GivenUp {
    return this.maybeLanded || this.state === 'in-flight' ? 'unknown' : 'not-stored';
  }

  /** How often it failed in this way so far: one kind of failure does not use up another's patience. */
  noteFailure(outcome: 'not-stored' | 'unknown'): number {
    if (outcome === 'not-stored') return (this.notStoredAttempts += 1);
    this.maybeLanded = true;
    return (this.unknownAttempts += 1);
  }

  holdsSame({ values, tags }: Pick<Reading, 'values' | 'tags'>): boolean {
    return isSameMap(this.reading.values, values) && isSameMap(this.reading.tags, tags);
  }
}

/** One place in the answer to one call, and the put that decides it. */
export interface Waiter {
  readonly call: WriteCall;
  readonly position: number;
  readonly put: PendingPut;
  isOpen: boolean;
}

/** One admitted call of `write`: it is answered when all of its places are. */
export class WriteCall {
  readonly waiters: Waiter[] = [];
  private readonly outcomes: WriteOutcome[] = [];
  private open = 0;

  constructor(
    readonly caller: CallerLine<PendingPut>,
    readonly deadlineEpochMs: number,
    private readonly resolve: (outcomes: readonly WriteOutcome[]) => void,
  ) {}

  waitFor(put: PendingPut): void {
    const waiter = { call: this, position: this.waiters.length, put, isOpen: true };
    this.waiters.push(waiter);
    this.open += 1;
    put.waiters.push(waiter);
    put.openWaiters += 1;
  }

  /** True when that was the last place: the caller has its answer. */
  answer(waiter: Waiter, outcome: WriteOutcome): boolean {
    waiter.isOpen = false;
    waiter.put.openWaiters -= 1;
    this.outcomes[waiter.position] = outcome;
    this.open -= 1;
    if (this.open > 0) return false;
    this.resolve(this.outcomes);
    return true;
  }
}

function isSameMap<T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, value] of a) if (b.get(name) !== value) return false;
  return true;
}

const BYTES_PER_READING = 200;
const BYTES_PER_ENTRY = 40;

/** Roughly what a waiting reading holds in memory, which is also more than its request's bytes. */
export function estimatedBytes({ equipmentId, values, tags }: Reading): number {
  let bytes = BYTES_PER_READING + equipmentId.length;
  for (const name of values.keys()) bytes += BYTES_PER_ENTRY + name.length;
  // Tags are any text: two bytes a UTF-16 unit.
  for (const [name, text] of tags) bytes += BYTES_PER_ENTRY + 2 * (name.length + text.length);
  return bytes;
}
