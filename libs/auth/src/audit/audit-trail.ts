import { RecentMap, type Clock } from '@sensorflow/kernel';
import { createHash } from 'node:crypto';
import type { AuditEntry, Failure, IntendedAction } from './audit-entry.js';
import { AuditStore } from './audit-store.js';
import { FailureCounts } from './failure-counts.js';

const REMEMBERED_NAMES = 5000;

/** Who did what, for as long as a year. */
export class AuditTrail {
  private readonly failures: FailureCounts;
  /** By hash: names that are names, because somebody has logged in with them. */
  private readonly knownNames = new RecentMap<string, string>(REMEMBERED_NAMES);

  constructor(
    private readonly store: AuditStore,
    private readonly clock: Clock,
    private readonly onFailed: (error: unknown) => void,
  ) {
    this.failures = new FailureCounts(store, clock, onFailed);
  }

  /**
   * Before something is done that must not be without its row. Throws DomainError `unavailable`
   * (`audit-unavailable`); then it must not be done.
   */
  async begin(action: IntendedAction): Promise<AuditEntry> {
    const atEpochMs = this.clock.nowEpochMs();
    const entry: AuditEntry = { ...action, atEpochMs, outcome: 'unconfirmed', count: 1 };
    await this.store.put(entry);
    return entry;
  }

  /** How it ended. If that cannot be written, the row goes on saying that nobody knows. */
  async end(entry: AuditEntry, outcome: string, target: string): Promise<void> {
    await this.store.put({ ...entry, outcome, target }).catch(this.onFailed);
  }

  /** For what may be without its row: nobody waits for it. */
  note(action: IntendedAction, outcome: string): void {
    const atEpochMs = this.clock.nowEpochMs();
    void this.store.put({ ...action, atEpochMs, outcome, count: 1 }).catch(this.onFailed);
  }

  /** Counted together with others of its kind in this minute, and written some seconds later. */
  count(failure: Failure): void {
    this.failures.add(failure);
  }

  rememberName(name: string): void {
    this.knownNames.set(nameHash(name), name);
  }

  /** The name, if somebody is known by it; else its hash, because it may be a password in the wrong field. */
  shownName(name: string): string {
    const hashed = nameHash(name);
    return this.knownNames.get(hashed) ?? hashed;
  }

  /** Writes what is counted, now. */
  async flush(): Promise<void> {
    await this.failures.flush();
  }
}

/** Names ignore case, as the user pool does. Long enough to be told apart. */
export function nameHash(name: string): string {
  const normal = name.normalize('NFKC').toLowerCase();
  return `sha256:${createHash('sha256').update(normal).digest('base64url').slice(0, 22)}`;
}
