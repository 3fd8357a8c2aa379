import { setAlarm } from '@sensorflow/kernel';

/** The numbers that a group commit works with; bytes are estimates (see `estimatedBytes`). */
export interface GroupCommitOptions {
  /** `refuse`: throws `overloaded`. `wait`: the call waits its turn, for callers that are not many. */
  readonly whenFull: 'refuse' | 'wait';
  /** Admitted and unanswered readings, over all callers; one alone gets half, because it may hold what it leaves free. */
  readonly maxReadings: number;
  readonly maxBytes: number;

  /** A call's deadline: so long after its admission, and longer for each 25 keys beyond the first. */
  readonly budgetMs: number;
  readonly budgetPerChunkMs: number;
  readonly maxBudgetMs: number;
  /** Who would wait longer than this share of the budget for a turn is refused at once. */
  readonly maxWaitShare: number;
  /** A backlog of this length gives a drain rate to project with. */
  readonly rateWarmUpMs: number;

  /** Calls to the store in flight. */
  readonly minCalls: number;
  readonly maxCalls: number;
  readonly firstCalls: number;
  /** When most calls are unanswered so long, they wait behind each other: fewer would be done as fast. */
  readonly slowCallMs: number;
  /** Calls in flight up to which one leaves at once, however few blocks it has. */
  readonly promptCalls: number;
  /** And beyond, up to which it leaves with a share of the blocks in flight … */
  readonly maxPartialCalls: number;
  readonly partialShare: number;
  /** … or full, or when its oldest block has waited so long. */
  readonly maxFillMs: number;
  /** A call that the store never answers gives its slot and its keys back. */
  readonly callTimeoutMs: number;

  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  /** Waiters are answered at their deadline or up to so much before. */
  readonly sweepMs: number;

  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly setAlarm: typeof setAlarm;
  /** Runs something once all that has arrived by now was taken on. */
  readonly afterArrivals: (work: () => void) => void;
}

export const GROUP_COMMIT_OPTIONS: GroupCommitOptions = Object.freeze({
  whenFull: 'refuse',
  // Eight of the largest batches, of readings of 800 bytes; four of them one caller's.
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
  // Far beyond what DynamoDB takes for a batch. What is in the store ahead of a caller bounds what it waits.
  slowCallMs: 60,
  promptCalls: 2,
  // A call costs CPU whatever is in it. At 3,000 readings/s one leaves for each three of them, and hardly
  // anybody waits; as fast as the process can, calls are as good as full.
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

/** For a process with one caller, which had rather wait than be refused. */
export const WAITING_GROUP_COMMIT_OPTIONS: GroupCommitOptions = Object.freeze({
  ...GROUP_COMMIT_OPTIONS,
  whenFull: 'wait',
});
