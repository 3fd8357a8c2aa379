import type { Clock } from '@sensorflow/kernel';
import type { ImportQuotas, ImportSlot, QuotaUse } from './import-quotas.js';
import { needsRuns } from './import-record.js';
import type { ImportStore } from './import-store.js';

export interface TakenSlot {
  readonly number: number;
  readonly token: string;
}

/** Every slot is taken: come back later. */
export interface Wait {
  readonly waitSeconds: number;
}

/** Longer than a run that works leaves its lease unseen, and than one takes to get it. */
const ALIVE_MS = 30_000;
/** However many imports of a caller wait, they ask so often together. */
const ASKED_PER_SECOND = 1;
const LONGEST_WAIT_SECONDS = 900;

/**
 * Bounds how many imports of one caller run at a time, so that nobody takes up all workers. Whether a
 * slot's holder still works is read from its import: a run that was killed needs nobody to free it.
 */
export class CallerSlots {
  constructor(
    private readonly quotas: ImportQuotas,
    private readonly imports: Pick<ImportStore, 'find'>,
    private readonly clock: Clock,
    private readonly slotsPerCaller: number,
  ) {}

  /** `known` is what the caller's imports take up, where that was just read. */
  async take(
    subject: string,
    uploadId: string,
    token: string,
    known?: QuotaUse,
  ): Promise<TakenSlot | Wait> {
    const use = known ?? (await this.quotas.find(subject));
    const slot = { uploadId, token, takenAtEpochMs: this.clock.nowEpochMs() };
    for (const number of this.candidates(use, uploadId)) {
      const held = use.slots.get(number);
      if (held && held.uploadId !== uploadId && (await this.isAlive(held))) continue;
      if (await this.quotas.takeSlot(subject, number, slot, held?.token)) return { number, token };
    }
    return { waitSeconds: waitSeconds(use.unfinished.length) };
  }

  async free(subject: string, { number, token }: TakenSlot): Promise<void> {
    await this.quotas.freeSlot(subject, number, token);
  }

  /** The import's own slot first: it must not come to hold two. */
  private candidates({ slots }: QuotaUse, uploadId: string): readonly number[] {
    const all = Array.from({ length: this.slotsPerCaller }, (_, number) => number);
    const own = all.filter((number) => slots.get(number)?.uploadId === uploadId);
    return own.length > 0 ? own : all;
  }

  private async isAlive({ uploadId, takenAtEpochMs }: ImportSlot): Promise<boolean> {
    // The lease is taken after the slot.
    if (this.isRecent(takenAtEpochMs)) return true;
    const record = await this.imports.find(uploadId);
    if (!record || !needsRuns(record)) return false;
    return record.lease?.released === false && this.isRecent(record.lease.seenAtEpochMs);
  }

  private isRecent(epochMs: number): boolean {
    return this.clock.nowEpochMs() - epochMs < ALIVE_MS;
  }
}

function waitSeconds(unfinished: number): number {
  return Math.min(LONGEST_WAIT_SECONDS, Math.max(1, Math.ceil(unfinished / ASKED_PER_SECOND)));
}
