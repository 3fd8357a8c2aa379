/** What the imports of one subject take up. */
export interface QuotaUse {
  /** Upload ids that were opened and whose file has not arrived. */
  readonly open: readonly string[];
  /** Upload ids whose file has arrived and is not imported yet. */
  readonly unfinished: readonly string[];
  /** The imports that may run now, by the number of their slot. */
  readonly slots: ReadonlyMap<number, ImportSlot>;
}

/** The right of one run to take a place among the runs of its subject. */
export interface ImportSlot {
  readonly uploadId: string;
  readonly token: string;
  readonly takenAtEpochMs: number;
}

/**
 * Counts what each subject's imports take up. Every change is one conditional write, and repeating it
 * after an unknown outcome is safe. Reads see every earlier write. Throws DomainError `unavailable`
 * (`store-unavailable`) when the store does not answer.
 */
export abstract class ImportQuotas {
  abstract find(subject: string): Promise<QuotaUse>;

  /** False, and nothing counted, when the subject has `max` open or `max` unfinished imports. */
  abstract addOpen(subject: string, uploadId: string, max: number): Promise<boolean>;

  /** The file has arrived: no longer open, but unfinished. Answers what is taken up with it. */
  abstract addUnfinished(subject: string, uploadId: string): Promise<QuotaUse>;

  /** Neither open nor unfinished any more. */
  abstract remove(subject: string, uploadIds: readonly string[]): Promise<void>;

  /** False when the slot is not held by the token that was seen; undefined for a free slot. */
  abstract takeSlot(
    subject: string,
    number: number,
    slot: ImportSlot,
    seenToken: string | undefined,
  ): Promise<boolean>;

  /** Nothing happens when the slot is another token's. */
  abstract freeSlot(subject: string, number: number, token: string): Promise<void>;
}
