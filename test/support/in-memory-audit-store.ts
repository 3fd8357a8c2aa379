import type {
  AuditEntry,
  AuditPage,
  AuditQuery,
  Failure,
} from '@sensorflow/auth/audit/audit-entry.js';
import { AuditStore } from '@sensorflow/auth/audit/audit-store.js';

/** Audit entries in memory. Counts its writes, and can be told to fail. */
export class InMemoryAuditStore extends AuditStore {
  private readonly entries = new Map<string, AuditEntry>();
  writes = 0;
  failing = false;

  override async put(entry: AuditEntry): Promise<void> {
    this.count();
    this.entries.set(keyOf(entry.atEpochMs, entry.requestId ?? ''), entry);
  }

  override async addFailures(
    failure: Failure,
    minuteEpochMs: number,
    count: number,
  ): Promise<void> {
    this.count();
    const key = keyOf(minuteEpochMs, JSON.stringify(Object.values(failure)));
    const known = this.entries.get(key)?.count ?? 0;
    const entry = { ...failure, atEpochMs: minuteEpochMs, requestId: undefined };
    this.entries.set(key, { ...entry, count: known + count });
  }

  override async page(query: AuditQuery): Promise<AuditPage> {
    const { fromEpochMs, toEpochMs, actors, action, limit } = query;
    const before = query.before ?? keyOf(toEpochMs, '');
    const found = [...this.entries]
      .filter(([key, { atEpochMs }]) => key < before && atEpochMs >= fromEpochMs)
      .filter(([, { actor }]) => actors?.includes(actor) !== false)
      .filter(([, entry]) => action === undefined || entry.action === action)
      .toSorted(([a], [b]) => (a < b ? 1 : -1));
    const page = found.slice(0, limit);
    return {
      entries: page.map(([, entry]) => entry),
      next: found.length > limit ? page.at(-1)?.[0] : undefined,
    };
  }

  private count(): void {
    this.writes += 1;
    if (this.failing) throw new Error('the store was told to fail');
  }
}

function keyOf(epochMs: number, unique: string): string {
  return `${String(epochMs).padStart(14, '0')}#${unique}`;
}
