import type { Clock } from '@sensorflow/kernel';
import { randomUUID } from 'node:crypto';
import { CallerSlots } from './caller-slots.js';
import type { CsvImporter, RunOutcome, RunRequest } from './csv-importer.js';
import type { ImportQueue } from './import-queue.js';
import type { ImportQuotas } from './import-quotas.js';
import { isFinished, type ImportRecord } from './import-record.js';
import type { ImportStore } from './import-store.js';
import type { ImportUndoer, UndoOutcome } from '../undo/import-undoer.js';

export interface FairnessPorts {
  readonly imports: ImportStore;
  readonly quotas: ImportQuotas;
  readonly queue: Pick<ImportQueue, 'continueImport'>;
  readonly clock: Clock;
}

/**
 * Runs imports so that no caller takes up all workers. An import beyond its caller's slots goes back to the
 * queue as a fresh message with a delay, so that waiting costs it none of its deliveries.
 */
export class FairImporter {
  private readonly slots: CallerSlots;

  constructor(
    private readonly importer: Pick<CsvImporter, 'run'>,
    private readonly undoer: Pick<ImportUndoer, 'run'>,
    private readonly ports: FairnessPorts,
    importsPerCaller: number,
  ) {
    const { quotas, imports, clock } = ports;
    this.slots = new CallerSlots(quotas, imports, clock, importsPerCaller);
  }

  /** As CsvImporter, or `waiting`; as ImportUndoer of an import that is being undone. */
  async run(
    request: RunRequest,
    remainingMs: () => number,
  ): Promise<RunOutcome | UndoOutcome | 'waiting'> {
    const { uploadId } = request;
    const { record, use } = await this.receive(request);
    if (record?.status === 'undoing') return this.undo(record, remainingMs);
    // Imports of earlier versions have nobody to share with.
    if (!record?.createdBy) return this.importer.run(request, remainingMs);
    const { subject } = record.createdBy;
    const slot = isFinished(record)
      ? undefined
      : await this.slots.take(subject, uploadId, randomUUID(), use);
    if (slot && 'waitSeconds' in slot) {
      await this.ports.queue.continueImport(uploadId, slot.waitSeconds);
      return 'waiting';
    }
    try {
      return await this.importer.run(request, remainingMs);
    } finally {
      if (slot) await this.slots.free(subject, slot).catch(() => undefined);
      await this.settle(subject, uploadId).catch(() => undefined);
    }
  }

  private async undo(record: ImportRecord, remainingMs: () => number): Promise<UndoOutcome> {
    const { uploadId, createdBy } = record;
    // It was cancelled, if it ran, and counts no longer.
    if (createdBy) await this.settle(createdBy.subject, uploadId).catch(() => undefined);
    return this.undoer.run(uploadId, remainingMs);
  }

  /** Of a file that has just arrived the import is queued, whether or not it gets a slot. */
  private async receive({ uploadId, object }: RunRequest) {
    const { imports, quotas } = this.ports;
    const queued = object && (await imports.markQueued(uploadId, object));
    if (!queued?.createdBy) return { record: queued ?? (await imports.find(uploadId)) };
    const use = await quotas.addUnfinished(queued.createdBy.subject, uploadId);
    return { record: queued, use };
  }

  /** A finished import that is still counted is counted for a day at the most. */
  private async settle(subject: string, uploadId: string): Promise<void> {
    const record = await this.ports.imports.find(uploadId);
    if (record && isFinished(record)) await this.ports.quotas.remove(subject, [uploadId]);
  }
}
