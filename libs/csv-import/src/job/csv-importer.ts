import { DomainError, instantFromEpochMs, type Fault } from '@sensorflow/kernel';
import { randomUUID } from 'node:crypto';
import { IMPORT_LIMITS, type ImportLimits } from './import-limits.js';
import { LeaseLost } from './import-progress.js';
import { isFinished, type ImportRecord, type Lease, type UploadedObject } from './import-record.js';
import { ImportRun, type ImportPorts } from './import-run.js';

/** One delivery of one message: a file arrived, or there is a rest of it. */
export interface RunRequest {
  readonly uploadId: string;
  readonly messageId: string;
  /** As S3's event says; a continuation does not. */
  readonly object: UploadedObject | undefined;
  /** Of this message, this one included; 1 unless said. */
  readonly deliveries?: number;
  /** Whether the queue gives the message up when this run fails. */
  readonly isLastDelivery?: boolean;
}

/**
 * `handed-over`: a fresh message does the rest. `superseded`: a newer run for another message does the rest. `contested`: a newer run for this very
 * message does; the message must stay in the queue in case that run dies.
 */
export type RunOutcome =
  'finished' | 'handed-over' | 'already-finished' | 'superseded' | 'contested' | 'not-an-import';

const MAX_TAKEOVER_ATTEMPTS = 5;
const ABANDONED: Fault = {
  code: 'import-abandoned',
  detail: 'The import failed again and again without getting on. Its file can be uploaded again.',
};

/**
 * Imports uploaded files. Every delivery is welcome, any number of times and also at once: the newest
 * run owns the import, and counts and readings come out the same.
 */
export class CsvImporter {
  constructor(
    private readonly ports: ImportPorts,
    private readonly limits: ImportLimits = IMPORT_LIMITS,
  ) {}

  /**
   * Works until the file is imported or `remainingMs()` falls below the limit. Throws DomainError
   * `unavailable` when the delivery should be repeated; a bad file is an outcome, not an error.
   * An import whose last delivery throws fails as `import-abandoned`, or goes on with a fresh message
   * if it got on since the last one.
   */
  async run(request: RunRequest, remainingMs: () => number): Promise<RunOutcome> {
    const token = randomUUID();
    const taken = await this.takeOver(request, token);
    if (typeof taken === 'string') return taken;
    try {
      return await new ImportRun(taken, { token, remainingMs }, this.ports, this.limits).run();
    } catch (error) {
      if (error instanceof LeaseLost) return this.supersededFor(request);
      if (request.isLastDelivery && (await this.rescued(request, token))) return 'handed-over';
      await this.ports.imports.release(request.uploadId, token).catch(() => undefined);
      throw error;
    }
  }

  /** Whether a fresh message does the rest; an import that does not get on is failed instead. */
  private async rescued({ uploadId }: RunRequest, token: string): Promise<boolean> {
    const record = await this.ports.imports.find(uploadId);
    if (!record || isFinished(record) || record.lease?.token !== token) return false;
    if (hasGotOn(record)) {
      await this.ports.imports.release(uploadId, token);
      await this.ports.queue.continueImport(uploadId);
      return true;
    }
    await this.ports.imports.finish(uploadId, token, {
      status: 'failed',
      failure: ABANDONED,
      finishedAt: instantFromEpochMs(this.ports.clock.nowEpochMs()),
      checkpoint: record.checkpoint,
    });
    return false;
  }

  private async takeOver(request: RunRequest, token: string) {
    const { uploadId, object } = request;
    for (let attempt = 0; attempt < MAX_TAKEOVER_ATTEMPTS; attempt += 1) {
      const seen = await this.ports.imports.find(uploadId);
      if (!seen) return 'not-an-import';
      if (isFinished(seen)) return 'already-finished';
      const target = seen.object ?? object;
      if (!target) return 'not-an-import';
      if (isWorn(request) && hasGotOn(seen)) return this.renew(request, token, seen, target);
      const record = await this.claim(seen, this.leaseOf(request, token, seen), target);
      if (record) return { record, object: record.object ?? target };
    }
    throw new DomainError('unavailable', 'import-contended', 'Too many runs want this import.');
  }

  /**
   * Every kill costs the message one of its few deliveries. An import that gets on between them must
   * not run out of them: a fresh message goes on, and this one is done. It is sent before it is noted,
   * so that a kill in between costs a second message and not the import.
   */
  private async renew(
    request: RunRequest,
    token: string,
    seen: ImportRecord,
    object: UploadedObject,
  ): Promise<'handed-over'> {
    await this.ports.queue.continueImport(request.uploadId);
    const renewedAtRows = seen.checkpoint.rows.total;
    const lease = { ...this.leaseOf(request, token, seen), released: true, renewedAtRows };
    await this.claim(seen, lease, object);
    return 'handed-over';
  }

  private leaseOf({ messageId }: RunRequest, token: string, seen: ImportRecord): Lease {
    return {
      token,
      messageId,
      seenAtEpochMs: this.ports.clock.nowEpochMs(),
      released: false,
      renewedAtRows: seen.lease?.renewedAtRows ?? 0,
    };
  }

  private async claim(
    { uploadId, lease: previous }: ImportRecord,
    lease: Lease,
    object: UploadedObject,
  ) {
    return this.ports.imports.takeOver(uploadId, {
      lease,
      previousToken: previous?.token,
      object,
      startedAt: instantFromEpochMs(this.ports.clock.nowEpochMs()),
    });
  }

  private async supersededFor({ uploadId, messageId }: RunRequest): Promise<RunOutcome> {
    const record = await this.ports.imports.find(uploadId);
    const isContested = record && !isFinished(record) && record.lease?.messageId === messageId;
    return isContested ? 'contested' : 'superseded';
  }
}

function isWorn({ deliveries = 1 }: RunRequest): boolean {
  return deliveries > 1;
}

/** Since a fresh message was sent for it; one that stands still gets none, or it would go on for ever. */
function hasGotOn({ checkpoint, lease }: ImportRecord): boolean {
  return checkpoint.rows.total > (lease?.renewedAtRows ?? 0);
}
