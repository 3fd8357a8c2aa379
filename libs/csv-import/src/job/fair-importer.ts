import type { Clock } from '@sensorflow/kernel';
import { randomUUID } from 'node:crypto';
import { CallerSlots } from './caller-slots.js';
import type { CsvImporter, RunOutcome } from './csv-importer.js';
import type { ImportQueue } from './import-queue.js';
import type { ImportQuotas } from './import-quotas.js';
import { isFinished, needsRuns } from './import-record.js';
import type { ImportStore } from './import-store.js';
import type { RunRequest } from './leased-runs.js';
import type { ImportUndoer, UndoOutcome } from '../undo/import-undoer.js';

export interface FairnessPorts {
  readonly imports: ImportStore;
  readonly quotas: ImportQuotas;
  readonly queue: Pick<ImportQueue, 'continueImport'>;
  readonly clock: Clock;
}

/**
 * Runs imports, and the undo of them, so that no caller takes up all workers. An import beyond its caller's slots goes back to the
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
    const job = record?.status === 'undoing' ? this.undoer : this.importer;
    // Imports of earlier versions have nobody to share with.
    if (!record?.createdBy) return job.run(request, remainingMs);
    const { subject } = record.createdBy;
    const slot = needsRuns(record)
      ? await this.slots.take(subject, uploadId, randomUUID(), use)
      : undefined;
    if (slot && 'waitSeconds' in slot) {
      await this.ports.queue.continueImport(uploadId, slot.waitSeconds);
      return 'waiting';
    }
    try {
      return await job.run(request, remainingMs);
    } finally {
      if (slot) await this.slots.free(subject, slot).catch(() => undefined);
      await this.settle(subject, uploadId).catch(() => undefined);
    }
  }

  /** Of a file that has just arrived the import is queued, whether or not it gets a slot. */
  private async receive({ uploadId, object }: RunRequest) {
    const { imports, quotas } = this.ports;
    const queued = object && (await imports.markQueued(uploadId, object));
    if (!queued?.createdBy) return { record: queued ?? (await imports.find(uploadId)) };
    const use = await quotas.addUnfinished(queued.createdBy.subject, uploadId);
    return { record: queued, use };
  }

  /** A finished or cancelled import that is still counted is counted for a day at the most. */
  private async settle(subject: string, uploadId: string): Promise<void> {
    const record = await this.ports.imports.find(uploadId);
    if (record && isFinished(record)) await this.ports.quotas.remove(subject, [uploadId]);
  }
}
