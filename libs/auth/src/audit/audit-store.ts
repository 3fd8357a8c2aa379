import type { WorkBudget } from '@sensorflow/kernel';
import type { AuditEntry, AuditPage, AuditQuery, Failure } from './audit-entry.js';

/**
 * Where entries are kept for a year. Throws DomainError `unavailable` (`audit-unavailable`) when it cannot.
 */
export abstract class AuditStore {
  /** Durable once it returns. An entry is known again by its instant and its request. Safe to repeat. */
  abstract put(entry: AuditEntry): Promise<void>;

  /** Adds to the failures of the same kind in the same minute; not safe to repeat. */
  abstract addFailures(failure: Failure, minuteEpochMs: number, count: number): Promise<void>;

  /** A page may have fewer entries than asked for, even none, when its budget is spent. */
  abstract page(query: AuditQuery, budget: WorkBudget): Promise<AuditPage>;
}
