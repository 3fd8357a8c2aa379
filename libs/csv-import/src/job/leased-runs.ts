import { DomainError, type Clock } from '@sensorflow/kernel';
import { randomUUID } from 'node:crypto';
import { LeaseLost } from './import-progress.js';
import type { ImportQueue } from './import-queue.js';
import { needsRuns, type ImportRecord, type Lease, type UploadedObject } from './import-record.js';
import type { ImportStore } from './import-store.js';

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

/** What a run is allowed: its lease, and how long it may work. */
export interface RunGrant {
  readonly token: string;
  readonly remainingMs: () => number;
}

export interface LeasePorts {
  readonly imports: ImportStore;
  readonly queue: Pick<ImportQueue, 'continueImport'>;
  readonly clock: Clock;
}

/** What runs do with an import. */
export interface LeasedWork<Done extends string, Needless extends string> {
  /** Why there is nothing to do with it. */
  needless(seen: ImportRecord | undefined, request: RunRequest): Needless | undefined;
  /** Undefined when it is no longer as it was seen. */
  claim(seen: ImportRecord, lease: Lease, request: RunRequest): Promise<ImportRecord | undefined>;
  run(taken: ImportRecord, grant: RunGrant, request: RunRequest): Promise<Done | 'handed-over'>;
  /** How much was done so far: it grows with every bit that no later run has to do again. */
  stepsOf(record: ImportRecord): number;
  /** The last delivery failed, and nothing was got on since the last message. */
  abandon?(record: ImportRecord, token: string): Promise<void>;
  /** Of work that is never given up: when it is tried again behind the last delivery. */
  readonly lastRetrySeconds?: number;
}

/**
 * `handed-over`: a fresh message does the rest. `superseded`: a newer run for another message does the
 * rest. `contested`: a newer run for this very message does; the message must stay in the queue in case that
 * run dies.
 */
export type LeaseOutcome = 'handed-over' | 'superseded' | 'contested';

const MAX_TAKEOVER_ATTEMPTS = 5;

/**
 * Gives each delivery of a message its run. Every delivery is welcome, any number of times and also at
 * once: the newest run owns the import, and older ones find out when they next save.
 */
export class LeasedRuns<Done extends string, Needless extends string> {
  constructor(
    private readonly ports: LeasePorts,
    private readonly work: LeasedWork<Done, Needless>,
  ) {}

  /** Throws what the work throws, but LeaseLost, when the delivery should be repeated. */
  async run(
    request: RunRequest,
    remainingMs: () => number,
  ): Promise<Done | Needless | LeaseOutcome> {
    const token = randomUUID();
    const taken = await this.takeOver(request, token);
    if (typeof taken === 'string') return taken;
    try {
      await this.outliveLastDelivery(request);
      return await this.work.run(taken, { token, remainingMs }, request);
    } catch (error) {
      if (error instanceof LeaseLost) return this.supersededFor(request);
      if (request.isLastDelivery && (await this.rescued(request, token))) return 'handed-over';
      await this.ports.imports.release(request.uploadId, token).catch(() => undefined);
      throw error;
    }
  }

  /** Before the work: the run may be killed. If the work is done by then, the message finds nothing to do. */
  private async outliveLastDelivery({ uploadId, isLastDelivery }: RunRequest): Promise<void> {
    const { lastRetrySeconds } = this.work;
    if (lastRetrySeconds === undefined || !isLastDelivery) return;
    await this.ports.queue.continueImport(uploadId, lastRetrySeconds);
  }

  /** Whether a fresh message does the rest, because the import got on since the last one. */
  private async rescued({ uploadId }: RunRequest, token: string): Promise<boolean> {
    const record = await this.ports.imports.find(uploadId);
    if (!record || !needsRuns(record) || record.lease?.token !== token) return false;
    if (this.hasGotOn(record)) {
      await this.ports.imports.release(uploadId, token);
      await this.ports.queue.continueImport(uploadId);
      return true;
    }
    await this.work.abandon?.(record, token);
    return false;
  }

  private async takeOver(request: RunRequest, token: string) {
    for (let attempt = 0; attempt < MAX_TAKEOVER_ATTEMPTS; attempt += 1) {
      const seen = await this.ports.imports.find(request.uploadId);
      const needless = this.work.needless(seen, request);
      if (needless !== undefined) return needless;
      if (!seen) throw new Error('there is work without an import');
      const lease = this.leaseOf(request, token, seen);
      if (isWorn(request) && this.hasGotOn(seen)) return this.renew(request, lease, seen);
      const taken = await this.work.claim(seen, lease, request);
      if (taken) return taken;
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
    lease: Lease,
    seen: ImportRecord,
  ): Promise<'handed-over'> {
    await this.ports.queue.continueImport(request.uploadId);
    const renewedAtSteps = this.work.stepsOf(seen);
    await this.work.claim(seen, { ...lease, released: true, renewedAtSteps }, request);
    return 'handed-over';
  }

  private leaseOf({ messageId }: RunRequest, token: string, seen: ImportRecord): Lease {
    return {
      token,
      messageId,
      seenAtEpochMs: this.ports.clock.nowEpochMs(),
      released: false,
      renewedAtSteps: seen.lease?.renewedAtSteps ?? 0,
    };
  }

  /** Since a fresh message was sent for it; one that stands still gets none, or it would go on for ever. */
  private hasGotOn(record: ImportRecord): boolean {
    return this.work.stepsOf(record) > (record.lease?.renewedAtSteps ?? 0);
  }

  private async supersededFor({ uploadId, messageId }: RunRequest): Promise<LeaseOutcome> {
    const record = await this.ports.imports.find(uploadId);
    const isContested = record && needsRuns(record) && record.lease?.messageId === messageId;
    return isContested ? 'contested' : 'superseded';
  }
}

function isWorn({ deliveries = 1 }: RunRequest): boolean {
  return deliveries > 1;
}
