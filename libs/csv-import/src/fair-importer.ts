import type { Clock } from '@sensorflow/kernel';
import { randomUUID } from 'node:crypto';
import { CallerSlots } from './caller-slots.js';
import type { CsvImporter, RunOutcome, RunRequest } from './csv-importer.js';
import type { ImportQueue } from './import-queue.js';
import type { ImportQuotas } from './import-quotas.js';
import { isFinished } from './import-record.js';
import type { ImportStore } from './import-store.js';

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
    private readonly ports: FairnessPorts,
    importsPerCaller: number,
  ) {
    const { quotas, imports, clock } = ports;
    this.slots = new CallerSlots(quotas, imports, clock, importsPerCaller);
  }

  /** For messages that wait for their turn. A continuation was queued when its file arrived. */
  async markQueued({ uploadId, object }: RunRequest): Promise<void> {
    if (!object) return;
    const queued = await this.ports.imports.markQueued(uploadId, object);
    if (queued?.createdBy)
      await this.ports.quotas.addUnfinished(queued.createdBy.subject, uploadId);
  }

  /** As CsvImporter, or `waiting`. */
  async run(request: RunRequest, remainingMs: () => number): Promise<RunOutcome | 'waiting'> {
    const { imports, queue } = this.ports;
    const { uploadId } = request;
    const record = await imports.find(uploadId);
    // Imports of earlier versions have nobody to share with.
    if (!record?.createdBy) return this.importer.run(request, remainingMs);
    const { subject } = record.createdBy;
    const slot = isFinished(record)
      ? undefined
      : await this.slots.take(subject, uploadId, randomUUID());
    if (slot && 'waitSeconds' in slot) {
      await queue.continueImport(uploadId, slot.waitSeconds);
      return 'waiting';
    }
    try {
      return await this.importer.run(request, remainingMs);
    } finally {
      if (slot) await this.slots.free(subject, slot).catch(() => undefined);
      await this.settle(subject, uploadId).catch(() => undefined);
    }
  }

  /** A finished import that is still counted is counted for a day at the most. */
  private async settle(subject: string, uploadId: string): Promise<void> {
    const record = await this.ports.imports.find(uploadId);
    if (record && isFinished(record)) await this.ports.quotas.remove(subject, [uploadId]);
  }
}
