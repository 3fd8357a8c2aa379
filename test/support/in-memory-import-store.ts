import {
  ImportStore,
  nothingUndone,
  type ImportCheckpoint,
  type ImportListing,
  type ImportOutcome,
  type ImportPage,
  type ImportRecord,
  type Takeover,
  type UndoProgress,
  type UploadedObject,
} from '@sensorflow/csv-import';
import type { Instant, WorkBudget } from '@sensorflow/kernel';
import { counted } from './counted.js';

/** The table of imports in memory, for tests; keeps the contract of ImportStore. */
export class InMemoryImportStore extends ImportStore {
  private readonly records = new Map<string, ImportRecord>();

  override async create(record: ImportRecord): Promise<void> {
    await Promise.resolve();
    if (!this.records.has(record.uploadId)) this.records.set(record.uploadId, record);
  }

  override async find(uploadId: string, budget?: WorkBudget): Promise<ImportRecord | undefined> {
    await counted(budget);
    return this.records.get(uploadId);
  }

  override async list(
    { limit, before, subject }: ImportListing,
    budget?: WorkBudget,
  ): Promise<ImportPage> {
    await counted(budget);
    const newestFirst = [...this.records.values()]
      .filter(({ createdBy }) => subject === undefined || createdBy?.subject === subject)
      .filter(({ uploadId }) => before === undefined || uploadId < before)
      .sort((a, b) => (a.uploadId > b.uploadId ? -1 : 1));
    const imports = newestFirst.slice(0, limit);
    const hasMore = newestFirst.length > limit;
    return { imports, next: hasMore ? imports.at(-1)?.uploadId : undefined };
  }

  override async markQueued(
    uploadId: string,
    object: UploadedObject,
  ): Promise<ImportRecord | undefined> {
    await Promise.resolve();
    const record = this.records.get(uploadId);
    if (record?.status !== 'awaiting-upload') return undefined;
    const queued: ImportRecord = { ...record, status: 'queued', object: record.object ?? object };
    this.records.set(uploadId, queued);
    return queued;
  }

  override async takeOver(
    uploadId: string,
    { lease, previousToken, object, startedAt }: Takeover,
  ): Promise<ImportRecord | undefined> {
    await Promise.resolve();
    const record = this.records.get(uploadId);
    if (!record || !isOpen(record)) return undefined;
    if (record.lease?.token === lease.token) return record;
    if (record.lease?.token !== previousToken) return undefined;
    const taken: ImportRecord = {
      ...record,
      lease,
      status: 'importing',
      runs: record.runs + 1,
      object: record.object ?? object,
      startedAt: record.startedAt ?? startedAt,
    };
    this.records.set(uploadId, taken);
    return taken;
  }

  override async saveCheckpoint(
    uploadId: string,
    token: string,
    checkpoint: ImportCheckpoint,
    seenAtEpochMs: number,
  ): Promise<boolean> {
    await Promise.resolve();
    const record = this.heldBy(uploadId, token);
    if (!record?.lease || !isOpen(record)) return false;
    this.records.set(uploadId, {
      ...record,
      checkpoint,
      lease: { ...record.lease, seenAtEpochMs },
    });
    return true;
  }

  override async finish(uploadId: string, token: string, outcome: ImportOutcome): Promise<boolean> {
    await Promise.resolve();
    const record = this.heldBy(uploadId, token);
    if (!record || isBeingUndone(record)) return false;
    this.records.set(uploadId, { ...record, ...outcome });
    return true;
  }

  override async release(uploadId: string, token: string): Promise<void> {
    await Promise.resolve();
    const record = this.heldBy(uploadId, token);
    if (!record?.lease || !isOpen(record)) return;
    this.records.set(uploadId, { ...record, lease: { ...record.lease, released: true } });
  }

  override async beginUndo(uploadId: string, by: string): Promise<ImportRecord | undefined> {
    await Promise.resolve();
    const record = this.records.get(uploadId);
    if (!record || record.status === 'undone') return undefined;
    if (record.status === 'undoing') return record;
    const undoing: ImportRecord = { ...record, status: 'undoing', undo: nothingUndone(by) };
    this.records.set(uploadId, undoing);
    return undoing;
  }

  override async saveUndo(uploadId: string, progress: UndoProgress): Promise<boolean> {
    await Promise.resolve();
    const record = this.records.get(uploadId);
    if (record?.status !== 'undoing' || (record.undo?.nextPart ?? 0) > progress.nextPart) {
      return false;
    }
    this.records.set(uploadId, { ...record, undo: progress });
    return true;
  }

  override async finishUndo(uploadId: string, finishedAt: Instant): Promise<void> {
    await Promise.resolve();
    const record = this.records.get(uploadId);
    if (record?.status !== 'undoing') return;
    this.records.set(uploadId, { ...record, status: 'undone', finishedAt });
  }

  private heldBy(uploadId: string, token: string): ImportRecord | undefined {
    const record = this.records.get(uploadId);
    return record?.lease?.token === token ? record : undefined;
  }
}

function isOpen(record: ImportRecord): boolean {
  return record.finishedAt === undefined && !isBeingUndone(record);
}

function isBeingUndone({ status }: ImportRecord): boolean {
  return status === 'undoing' || status === 'undone';
}
