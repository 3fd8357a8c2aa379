import { setAlarm } from '@sensorflow/kernel';

/** The numbers that a group commit works with; bytes are estimates (see `estimatedBytes`). */
export interface GroupCommitOptions {
  /** `refuse`: throws `overloaded`. `wait`: the call waits for its turn; for few callers. */
  readonly whenFull: 'refuse' | 'wait';
  /** Admitted and unanswered readings of all callers. A single caller gets half (see LoadShedder). */
  readonly maxReadings: number;
  readonly maxBytes: number;

  /** A call's deadline after its admission; each further 25 units add `budgetPerChunkMs`. */
  readonly budgetMs: number;
  readonly budgetPerChunkMs: number;
  readonly maxBudgetMs: number;
  /** A call that would wait longer than this share of its budget is refused at once. */
  readonly maxWaitShare: number;
  /** After a backlog of this length, the drain rate is known. */
  readonly rateWarmUpMs: number;

  /** Calls to the store in flight. */
  readonly minCalls: number;
  readonly maxCalls: number;
  readonly firstCalls: number;
  /** When most calls take longer than this, they queue inside the store: fewer calls would be as fast. */
  readonly slowCallMs: number;
  /** Calls in flight up to which one leaves at once, however few blocks it has. */
  readonly promptCalls: number;
  /** Beyond that and up to this, a call leaves when it carries `partialShare` of the blocks in flight … */
  readonly maxPartialCalls: number;
  readonly partialShare: number;
  /** … or is full, or when its oldest block has waited this long. */
  readonly maxFillMs: number;
  /** A call that the store never answers gives its slot and its keys back. */
  readonly callTimeoutMs: number;

  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  /** Calls are answered at their deadline, or up to this much earlier. */
  readonly sweepMs: number;

  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly setAlarm: typeof setAlarm;
  /** Runs `work` after all input that has arrived by now. */
  readonly afterArrivals: (work: () => void) => void;
}

export const GROUP_COMMIT_OPTIONS: GroupCommitOptions = Object.freeze({
  whenFull: 'refuse',
  // Eight of the largest batches with readings of 800 bytes; one caller gets half.
  maxReadings: 80_000,
  maxBytes: 64 * 1024 * 1024,
  budgetMs: 2_000,
  budgetPerChunkMs: 20,
  maxBudgetMs: 10_000,
  maxWaitShare: 0.2,
  rateWarmUpMs: 300,
  minCalls: 4,
  // As many as the store has sockets.
  maxCalls: 64,
  firstCalls: 16,
  // Much more than DynamoDB takes for a batch.
  slowCallMs: 60,
  promptCalls: 2,
  // A call costs CPU whatever is in it. At 3,000 readings/s a call carries three of them and hardly any waits; at full
  // speed, calls are almost full.
  maxPartialCalls: 8,
  partialShare: 0.2,
  maxFillMs: 25,
  callTimeoutMs: 30_000,
  firstBackoffMs: 25,
  maxBackoffMs: 800,
  sweepMs: 20,
  random: Math.random,
  setAlarm,
  afterArrivals: setImmediate,
});

/** For a process with one caller, which waits instead of being refused. */
export const WAITING_GROUP_COMMIT_OPTIONS: GroupCommitOptions = Object.freeze({
  ...GROUP_COMMIT_OPTIONS,
  whenFull: 'wait',
});
