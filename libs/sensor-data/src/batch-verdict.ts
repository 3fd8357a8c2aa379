import type { InputFault } from '@sensorflow/kernel';

/** One fault of one reading of a batch; its pointer starts at the reading. */
export interface RejectedReading extends InputFault {
  /** The reading's place in the batch, from 0. */
  readonly index: number;
}

/** What became of every reading of a batch: stored, unless it is named in one of the lists. */
export interface BatchVerdict {
  readonly stored: number;
  /** One entry for each fault, in order of index. */
  readonly rejected: readonly RejectedReading[];
  /** Indexes of readings that may or may not be stored; sending them again is safe. */
  readonly unconfirmed: readonly number[];
}

export const SEND_AGAIN =
  'The whole batch, or those listed as unconfirmed, can be sent again safely.';

/** From here on only the first fault of a reading is listed: an answer stays near its request in size. */
const MAX_LISTED_FAULTS = 20_000;

/** Collects a batch's verdict while it is worked on. */
export class VerdictList {
  private readonly rejected: RejectedReading[] = [];
  private readonly unconfirmed: number[] = [];
  private storedCount = 0;

  /** How many faults of the next reading are listed; undefined for all. */
  get maxFaults(): number | undefined {
    return this.rejected.length < MAX_LISTED_FAULTS ? undefined : 1;
  }

  stored(): void {
    this.storedCount += 1;
  }

  reject(index: number, faults: readonly InputFault[]): void {
    for (const fault of faults) this.rejected.push({ index, ...fault });
  }

  leaveUnconfirmed(index: number): void {
    this.unconfirmed.push(index);
  }

  verdict(): BatchVerdict {
    return {
      stored: this.storedCount,
      rejected: this.rejected.toSorted((a, b) => a.index - b.index),
      unconfirmed: this.unconfirmed,
    };
  }
}
