import { DomainError } from '@sensorflow/kernel';
import type { CallerLine } from './group-commit-callers.js';
import type { DrainRate } from './group-commit-drain-rate.js';
import type { GroupCommitOptions } from './group-commit-options.js';
import type { PutQueue } from './group-commit-queue.js';
import { estimatedBytes, type PendingPut } from './group-commit-put.js';
import { MAX_PUTS_PER_CALL } from './reading-store.js';
import type { Reading } from './reading.js';

/** What a group commit holds at the moment. */
export interface Load {
  /** Admitted and unanswered. */
  readonly readings: number;
  readonly bytes: number;
  /** Calls to the store that could leave at once. */
  readonly freeCalls: number;
}

/** Decides whether a call would be served in time; a refusal now is worth more than one at the deadline. */
export class Admission {
  constructor(
    private readonly options: GroupCommitOptions,
    private readonly queue: PutQueue,
    private readonly rate: DrainRate,
  ) {}

  /** How long a call of so many readings may take. */
  budgetMs(readings: number): number {
    const { budgetMs, budgetPerChunkMs, maxBudgetMs } = this.options;
    const furtherChunks = Math.ceil(readings / MAX_PUTS_PER_CALL) - 1;
    return Math.min(maxBudgetMs, budgetMs + furtherChunks * budgetPerChunkMs);
  }

  isFull(
    readings: readonly Reading[],
    caller: CallerLine<PendingPut>,
    load: Load,
    nowEpochMs: number,
  ): boolean {
    // Alone, a call is let in whatever its size: it could never be otherwise.
    if (load.readings === 0) return false;
    if (!this.hasRoom(readings, caller, load)) return true;
    const { waiting } = this.queue;
    if (waiting + readings.length <= load.freeCalls * MAX_PUTS_PER_CALL) return false;
    const budgetMs = this.budgetMs(readings.length);
    const maxWaitMs = budgetMs * this.options.maxWaitShare;
    if (nowEpochMs - caller.oldestReadySinceEpochMs() > maxWaitMs) return true;
    const turnInMs = this.rate.projectedMs(this.putsUntil(1, caller), nowEpochMs) ?? 0;
    const overInMs =
      this.rate.projectedMs(this.putsUntil(readings.length, caller), nowEpochMs) ?? 0;
    return turnInMs > maxWaitMs || overInMs > budgetMs;
  }

  /** A caller may hold as much as it leaves free, so that nobody alone takes up all there is. */
  private hasRoom(
    readings: readonly Reading[],
    caller: CallerLine<PendingPut>,
    load: Load,
  ): boolean {
    const freeReadings = this.options.maxReadings - load.readings;
    if (caller.readings + readings.length > freeReadings) return false;
    return caller.bytes + bytesOf(readings) <= this.options.maxBytes - load.bytes;
  }

  /** Puts that leave until so many more of the caller have: in each round one of every caller. */
  private putsUntil(count: number, caller: CallerLine<PendingPut>): number {
    const rounds = caller.readings + count;
    const callers = this.queue.callers.waiting + (caller.hasTurn ? 0 : 1);
    return Math.min(this.queue.waiting + count, rounds * callers);
  }
}

function bytesOf(readings: readonly Reading[]): number {
  return readings.reduce((bytes, reading) => bytes + estimatedBytes(reading), 0);
}

/** @param random from 0 to 1: those refused together do not all come back together */
export function overloaded(random: number): DomainError {
  return new DomainError(
    'overloaded',
    'overloaded',
    'More readings arrive than can be stored in time; none of this request is stored. Send it again.',
    { retryAfterSeconds: random < 0.5 ? 1 : 2 },
  );
}

export function shuttingDown(): DomainError {
  return new DomainError(
    'unavailable',
    'shutting-down',
    'This process is shutting down; none of this request is stored. Send it again.',
    { retryAfterSeconds: 1 },
  );
}
