import { DomainError } from '@sensorflow/kernel';
import type { CallerLine } from './callers.js';
import type { DrainRate } from './drain-rate.js';
import type { GroupCommitOptions } from './group-commit-options.js';
import { MAX_BLOCKS_PER_CALL } from '../log/block-store.js';
import type { UnitQueue } from './unit-queue.js';
import type { WriteUnit } from './write-unit.js';

/** What a group commit holds at the moment. */
export interface Load {
  /** Admitted and unanswered. */
  readonly readings: number;
  readonly bytes: number;
  /** Calls to the store that could leave at once. */
  readonly freeCalls: number;
}

/** What a call brings. */
export interface Arrival {
  readonly readings: number;
  readonly bytes: number;
  /** Groups of readings, or sealed blocks; each becomes at least one block. */
  readonly units: number;
}

/** Refuses at once what could not be stored in time, instead of at its deadline. */
export class LoadShedder {
  constructor(
    private readonly options: GroupCommitOptions,
    private readonly queue: UnitQueue,
    private readonly rate: DrainRate,
  ) {}

  /** How long a call with this many units may take. */
  budgetMs(units: number): number {
    const { budgetMs, budgetPerChunkMs, maxBudgetMs } = this.options;
    const furtherChunks = Math.ceil(units / MAX_BLOCKS_PER_CALL) - 1;
    return Math.min(maxBudgetMs, budgetMs + furtherChunks * budgetPerChunkMs);
  }

  isFull(arrival: Arrival, caller: CallerLine<WriteUnit>, load: Load, nowEpochMs: number): boolean {
    // A call that is alone is admitted whatever its size: otherwise it never could be.
    if (load.readings === 0) return false;
    if (!this.hasRoom(arrival, caller, load)) return true;
    const { units } = arrival;
    if (this.queue.waiting + units <= load.freeCalls * MAX_BLOCKS_PER_CALL) return false;
    const budgetMs = this.budgetMs(units);
    const maxWaitMs = budgetMs * this.options.maxWaitShare;
    if (nowEpochMs - caller.oldestReadySinceEpochMs() > maxWaitMs) return true;
    const turnInMs = this.rate.projectedMs(this.unitsUntil(1, caller), nowEpochMs) ?? 0;
    const overInMs = this.rate.projectedMs(this.unitsUntil(units, caller), nowEpochMs) ?? 0;
    return turnInMs > maxWaitMs || overInMs > budgetMs;
  }

  /** A caller may hold at most as much as is still free, so that none can take everything. */
  private hasRoom(arrival: Arrival, caller: CallerLine<WriteUnit>, load: Load): boolean {
    const freeReadings = this.options.maxReadings - load.readings;
    if (caller.readings + arrival.readings > freeReadings) return false;
    return caller.bytes + arrival.bytes <= this.options.maxBytes - load.bytes;
  }

  /** Units that are sent until `count` more of this caller are: one of every caller in each round. */
  private unitsUntil(count: number, caller: CallerLine<WriteUnit>): number {
    const rounds = caller.waiting + count;
    const callers = this.queue.callers.waiting + (caller.hasTurn ? 0 : 1);
    return Math.min(this.queue.waiting + count, rounds * callers);
  }
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
