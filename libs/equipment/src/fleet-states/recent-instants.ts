import { JUDGED_GAPS, punctualityOf, usualGapMs, type Punctuality } from '../punctuality.js';

const MOST_INSTANTS = JUDGED_GAPS + 1;

/** The newest instants of one equipment: as many as its state is judged by. */
export class RecentInstants {
  /** Epoch milliseconds, the newest first; each once. */
  private newestFirst: number[];
  private gapMs: number | undefined;

  /** @param newestFirst as they are stored: all of them, or MOST_INSTANTS at the least */
  constructor(newestFirst: readonly number[]) {
    this.newestFirst = newestFirst.slice(0, MOST_INSTANTS);
    this.gapMs = usualGapMs(this.newestFirst);
  }

  /** Adding one that is there already, or that is too old to matter, changes nothing. */
  add(epochMs: number): void {
    const place = this.newestFirst.findIndex((each) => each <= epochMs);
    if (place < 0 && this.newestFirst.length === MOST_INSTANTS) return;
    if (this.newestFirst[place] === epochMs) return;
    this.newestFirst.splice(place < 0 ? this.newestFirst.length : place, 0, epochMs);
    this.newestFirst.length = Math.min(this.newestFirst.length, MOST_INSTANTS);
    this.gapMs = usualGapMs(this.newestFirst);
  }

  get lastEpochMs(): number {
    return this.newestFirst[0] ?? -Infinity;
  }

  get usualGapMs(): number | undefined {
    return this.gapMs;
  }

  stateAt(nowEpochMs: number): Punctuality {
    return punctualityOf(nowEpochMs - this.lastEpochMs, this.gapMs);
  }
}
