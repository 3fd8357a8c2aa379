import { DomainError } from '@sensorflow/kernel';
import type { DrainRate } from './group-commit-drain-rate.js';
import type { GroupCommitOptions } from './group-commit-options.js';
import type { PutQueue } from './group-commit-queue.js';
import { estimatedBytes } from './group-commit-put.js';
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

  isFull(readings: readonly Reading[], load: Load, nowEpochMs: number): boolean {
    // Alone, a call is let in whatever its size: it could never be otherwise.
    if (load.readings === 0) return false;
    if (load.readings + readings.length > this.options.maxReadings) return true;
    if (load.bytes + bytesOf(readings) > this.options.maxBytes) return true;
    const ahead = this.queue.waiting;
    if (ahead + readings.length <= load.freeCalls * MAX_PUTS_PER_CALL) return false;
    const budgetMs = this.budgetMs(readings.length);
    const maxWaitMs = budgetMs * this.options.maxWaitShare;
    const oldest = this.queue.oldestReadySinceEpochMs() ?? nowEpochMs;
    if (nowEpochMs - oldest > maxWaitMs) return true;
    const turnInMs = this.rate.projectedMs(ahead, nowEpochMs) ?? 0;
    const overInMs = this.rate.projectedMs(ahead + readings.length, nowEpochMs) ?? 0;
    return turnInMs > maxWaitMs || overInMs > budgetMs;
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
