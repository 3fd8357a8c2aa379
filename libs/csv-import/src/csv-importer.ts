import { DomainError, instantFromEpochMs } from '@sensorflow/kernel';
import { randomUUID } from 'node:crypto';
import { IMPORT_LIMITS, type ImportLimits } from './import-limits.js';
import { LeaseLost } from './import-progress.js';
import { isFinished, type ImportRecord, type UploadedObject } from './import-record.js';
import { ImportRun, type ImportPorts } from './import-run.js';

/** One delivery of one message: a file arrived, or there is a rest of it. */
export interface RunRequest {
  readonly uploadId: string;
  readonly messageId: string;
  /** As S3's event says; a continuation does not. */
  readonly object: UploadedObject | undefined;
}

/**
 * `superseded`: a newer run for another message does the rest. `contested`: a newer run for this very
 * message does; the message must stay in the queue in case that run dies.
 */
export type RunOutcome =
  'finished' | 'handed-over' | 'already-finished' | 'superseded' | 'contested' | 'not-an-import';

const MAX_TAKEOVER_ATTEMPTS = 5;

/**
 * Imports uploaded files. Every delivery is welcome, any number of times and also at once: the newest
 * run owns the import, and counts and readings come out the same.
 */
export class CsvImporter {
  constructor(
    private readonly ports: ImportPorts,
    private readonly limits: ImportLimits = IMPORT_LIMITS,
  ) {}

  /** For messages that wait for their turn. */
  async markQueued(uploadId: string): Promise<void> {
    await this.ports.imports.markQueued(uploadId);
  }

  /**
   * Works until the file is imported or `remainingMs()` falls below the limit. Throws DomainError
   * `unavailable` when the delivery should be repeated; a bad file is an outcome, not an error.
   */
  async run(request: RunRequest, remainingMs: () => number): Promise<RunOutcome> {
    const token = randomUUID();
    const taken = await this.takeOver(request, token);
    if (typeof taken === 'string') return taken;
    try {
      return await new ImportRun(taken, { token, remainingMs }, this.ports, this.limits).run();
    } catch (error) {
      if (error instanceof LeaseLost) return this.supersededFor(request);
      await this.ports.imports.release(request.uploadId, token).catch(() => undefined);
      throw error;
    }
  }

  private async takeOver({ uploadId, messageId, object }: RunRequest, token: string) {
    for (let attempt = 0; attempt < MAX_TAKEOVER_ATTEMPTS; attempt += 1) {
      const seen = await this.ports.imports.find(uploadId);
      if (!seen) return 'not-an-import';
      if (isFinished(seen)) return 'already-finished';
      const target = seen.object ?? object;
      if (!target) return 'not-an-import';
      const nowEpochMs = this.ports.clock.nowEpochMs();
      const record = await this.ports.imports.takeOver(uploadId, {
        lease: { token, messageId, seenAtEpochMs: nowEpochMs, released: false },
        previousToken: seen.lease?.token,
        object: target,
        startedAt: instantFromEpochMs(nowEpochMs),
      });
      if (!record) continue;
      await this.waitForPredecessor(seen);
      return { record, object: record.object ?? target };
    }
    throw new DomainError('unavailable', 'import-contended', 'Too many runs want this import.');
  }

  /** It may still have readings on their way, which must not land on top of ours. */
  private async waitForPredecessor({ lease }: ImportRecord): Promise<void> {
    if (!lease || lease.released) return;
    const { takeoverQuietMs } = this.limits;
    const quietSinceMs = this.ports.clock.nowEpochMs() - lease.seenAtEpochMs;
    const waitMs = Math.min(takeoverQuietMs, takeoverQuietMs - quietSinceMs);
    if (waitMs > 0) await this.ports.clock.sleep(waitMs);
  }

  private async supersededFor({ uploadId, messageId }: RunRequest): Promise<RunOutcome> {
    const record = await this.ports.imports.find(uploadId);
    const isContested = record && !isFinished(record) && record.lease?.messageId === messageId;
    return isContested ? 'contested' : 'superseded';
  }
}
