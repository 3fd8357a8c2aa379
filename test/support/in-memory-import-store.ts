import {
  ImportStore,
  nothingUndone,
  UNDO_ASKED_AGAIN_MS,
  type BegunUndo,
  type ImportCheckpoint,
  type ImportListing,
  type ImportOutcome,
  type ImportPage,
  type ImportRecord,
  type Takeover,
  type UndoProgress,
  type UndoTakeover,
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
    if (!record?.lease || (!isOpen(record) && record.status !== 'undoing')) return;
    this.records.set(uploadId, { ...record, lease: { ...record.lease, released: true } });
  }

  override async beginUndo(
    uploadId: string,
    by: string,
    nowEpochMs: number,
  ): Promise<BegunUndo | undefined> {
    await Promise.resolve();
    const record = this.records.get(uploadId);
    if (!record || record.status === 'undone') return undefined;
    if (record.status === 'undoing' && !isNeglected(record, nowEpochMs)) {
      return { record, needsRun: false };
    }
    const undoing: ImportRecord =
      record.status === 'undoing'
        ? { ...record, undo: record.undo && { ...record.undo, askedAtEpochMs: nowEpochMs } }
        : { ...record, status: 'undoing', lease: undefined, undo: nothingUndone(by, nowEpochMs) };
    this.records.set(uploadId, undoing);
    return { record: undoing, needsRun: true };
  }

  override async takeOverUndo(
    uploadId: string,
    { lease, previousToken }: UndoTakeover,
  ): Promise<ImportRecord | undefined> {
    await Promise.resolve();
    const record = this.records.get(uploadId);
    if (record?.status !== 'undoing') return undefined;
    if (record.lease?.token === lease.token) return record;
    if (record.lease?.token !== previousToken) return undefined;
    const taken: ImportRecord = { ...record, lease };
    this.records.set(uploadId, taken);
    return taken;
  }

  override async saveUndo(
    uploadId: string,
    token: string,
    progress: UndoProgress,
    seenAtEpochMs: number,
  ): Promise<boolean> {
    await Promise.resolve();
    const record = this.heldBy(uploadId, token);
    if (!record?.lease || record.status !== 'undoing') return false;
    const lease = { ...record.lease, seenAtEpochMs };
    this.records.set(uploadId, { ...record, undo: progress, lease });
    return true;
  }

  override async finishUndo(
    uploadId: string,
    token: string,
    progress: UndoProgress,
    finishedAt: Instant,
  ): Promise<boolean> {
    await Promise.resolve();
    const record = this.heldBy(uploadId, token);
    if (!record || !isBeingUndone(record)) return false;
    this.records.set(uploadId, { ...record, status: 'undone', undo: progress, finishedAt });
    return true;
  }

  private heldBy(uploadId: string, token: string): ImportRecord | undefined {
    const record = this.records.get(uploadId);
    return record?.lease?.token === token ? record : undefined;
  }
}

function isOpen(record: ImportRecord): boolean {
  return record.finishedAt === undefined && !isBeingUndone(record);
}

/** No run works on the undo, and none was asked for a moment ago. */
function isNeglected({ undo, lease }: ImportRecord, nowEpochMs: number): boolean {
  const seen = Math.max(undo?.askedAtEpochMs ?? 0, lease?.seenAtEpochMs ?? 0);
  return seen <= nowEpochMs - UNDO_ASKED_AGAIN_MS;
}

function isBeingUndone({ status }: ImportRecord): boolean {
  return status === 'undoing' || status === 'undone';
}
