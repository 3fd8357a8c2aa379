import type { Fault, Instant, WorkBudget } from '@sensorflow/kernel';
import type {
  FinalStatus,
  ImportCheckpoint,
  ImportRecord,
  Lease,
  UndoProgress,
  UploadedObject,
} from './import-record.js';

export interface ImportListing {
  /** At most so many; a page may have fewer although more follow. */
  readonly limit: number;
  /** Goes on behind this upload id. */
  readonly before?: string | undefined;
  /** Only the imports that this subject opened. */
  readonly subject?: string | undefined;
}

export interface ImportPage {
  readonly imports: readonly ImportRecord[];
  /** Where the next page goes on (`before`), or undefined at the end. */
  readonly next: string | undefined;
}

/** A run's claim to an import. */
export interface Takeover {
  readonly lease: Lease;
  /** The token that the claimant saw; undefined when it saw no lease. */
  readonly previousToken: string | undefined;
  /** Kept only when the import has no object yet. */
  readonly object: UploadedObject;
  readonly startedAt: Instant;
}

/** The same to the undo of one. */
export type UndoTakeover = Pick<Takeover, 'lease' | 'previousToken'>;

export interface BegunUndo {
  /** As it is now. */
  readonly record: ImportRecord;
  /** Whether this call is to send a message for it: nobody works on it, and none was sent a moment ago. */
  readonly needsRun: boolean;
}

/** An undo that nobody has worked on for so long is asked for again by whoever asks for it again. */
export const UNDO_ASKED_AGAIN_MS = 30_000;

export interface ImportOutcome {
  readonly status: FinalStatus;
  readonly failure: Fault | undefined;
  readonly finishedAt: Instant;
  readonly checkpoint: ImportCheckpoint;
}

/**
 * The imports and their progress. One that is never uploaded is forgotten some time after its URL has
 * expired. Unless said otherwise, reads see every earlier write. Every change is one conditional
 * write, and repeating it after an unknown outcome is safe. Throws DomainError `unavailable`
 * (`store-unavailable`) when the store does not answer. Reads with a budget make their calls by it, and
 * throw the reason of its signal.
 */
export abstract class ImportStore {
  /** Keeps a new import; one that exists stays as it is. */
  abstract create(record: ImportRecord): Promise<void>;

  abstract find(uploadId: string, budget?: WorkBudget): Promise<ImportRecord | undefined>;

  /**
   * The newest first, in one call to the store. The list of a subject may miss what was opened a moment
   * ago.
   */
  abstract list(listing: ImportListing, budget?: WorkBudget): Promise<ImportPage>;

  /**
   * From awaiting-upload to queued, with the object that arrived, and never to expire; answers the import
   * if this call did so. Any other status stays.
   */
  abstract markQueued(uploadId: string, object: UploadedObject): Promise<ImportRecord | undefined>;

  /**
   * Makes the import this lease's and counts the run. Undefined when it is finished, missing, or
   * taken by another than the one seen.
   */
  abstract takeOver(uploadId: string, takeover: Takeover): Promise<ImportRecord | undefined>;

  /** False, and nothing saved, when the lease is no longer this token's. */
  abstract saveCheckpoint(
    uploadId: string,
    token: string,
    checkpoint: ImportCheckpoint,
    seenAtEpochMs: number,
  ): Promise<boolean>;

  /** False, and nothing saved, when the lease is no longer this token's. */
  abstract finish(uploadId: string, token: string, outcome: ImportOutcome): Promise<boolean>;

  /** Says that this run writes nothing any more; nothing happens when the lease is another's. */
  abstract release(uploadId: string, token: string): Promise<void>;

  /**
   * From any other status to undoing: the lease is nobody's, so that no run can save or finish anything any
   * more. Answers the import, as it is if somebody began before; undefined when it is missing or undone.
   *
   * @param by who asked for it
   */
  abstract beginUndo(
    uploadId: string,
    by: string,
    nowEpochMs: number,
  ): Promise<BegunUndo | undefined>;

  /** As takeOver, of an import that is being undone. */
  abstract takeOverUndo(
    uploadId: string,
    takeover: UndoTakeover,
  ): Promise<ImportRecord | undefined>;

  /** False, and nothing saved, when the lease is no longer this token's. */
  abstract saveUndo(
    uploadId: string,
    token: string,
    progress: UndoProgress,
    seenAtEpochMs: number,
  ): Promise<boolean>;

  /** From undoing to undone. False, and nothing saved, when the lease is no longer this token's. */
  abstract finishUndo(
    uploadId: string,
    token: string,
    progress: UndoProgress,
    finishedAt: Instant,
  ): Promise<boolean>;
}
