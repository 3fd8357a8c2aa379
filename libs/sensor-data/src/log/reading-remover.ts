import { DomainError, type Instant, type WorkBudget } from '@sensorflow/kernel';
import { serverClockWrong } from '../reading-problems.js';
import type { PutOutcome } from './block-store.js';
import type { StoredBlock } from './block.js';
import { HOUR_NS, hourOf, instantAfter, offsetOf, type HourText } from './hour-time.js';
import type { LogReader } from './log-reader.js';
import { sealRemoval, type Removal } from './seal-removal.js';
import { compareStamps, type Stamp, type StampClock } from './stamp.js';

/** Sends sealed blocks until they are confirmed or their time is up. */
export interface BlockWriter {
  /** One outcome for each block. Does not throw for a failing store. */
  writeBlocks(
    blocks: readonly StoredBlock[],
    callerId: string,
  ): Promise<readonly { readonly outcome: PutOutcome }[]>;
}

/** What is to be removed of one equipment. */
export interface RemovalRange {
  readonly equipmentId: string;
  /** Included. */
  readonly from: Instant;
  /** Excluded. */
  readonly to: Instant;
  /** Every metric unless set. */
  readonly metric?: string;
}

/** What a removal came to. */
export interface RemovalOutcome {
  /** Whether anything stood, which is gone now. */
  readonly removed: boolean;
  /** Where the part of the range begins that was not looked at; undefined when it is done. */
  readonly rest: Instant | undefined;
}

/** An hour of the range in which something stands, and the greatest stamp of it. */
interface HourToClear {
  readonly hour: HourText;
  newest: Stamp;
}

/**
 * Removes readings by writing blocks whose stamps are greater than all that was read: readings that arrive later stay,
 * and a late attempt of an older write cannot bring anything back.
 */
export class ReadingRemover {
  constructor(
    private readonly reader: LogReader,
    private readonly writer: BlockWriter,
    private readonly stamps: StampClock,
    /** When the store may delete the readings of an hour, in epoch seconds; undefined for never. */
    private readonly expiresAtEpochSeconds: (hour: HourText) => number | undefined,
  ) {}

  /**
   * Removes what stands in the range, hour by hour, in order of time; writes nothing where nothing stands.
   * Ends when the budget is spent, with the rest of the range, or with its client. Throws DomainError
   * `unavailable`: `write-not-accepted`, `server-clock-wrong`, `outcome-unknown`, `store-unavailable` or `clock-behind`; what the
   * writer refuses (`overloaded`, `shutting-down`); and the reason of the budget's signal. Its detail says whether
   * earlier hours of the range were removed. Removing again is always safe.
   *
   * @param by who removes it: history names them
   */
  async remove(range: RemovalRange, by: string, budget?: WorkBudget): Promise<RemovalOutcome> {
    let removed = false;
    const hours = this.hoursToClear(range, budget);
    for (;;) {
      const next = await hours.next();
      if (next.done) return { removed, rest: next.value };
      budget?.signal.throwIfAborted();
      try {
        await this.clear(...next.value, by);
      } catch (error) {
        throw removed ? partlyRemoved(error, next.value[0].hour) : error;
      }
      removed = true;
    }
  }

  /** Each with the part of the range that was seen; answers the rest, which was not. */
  private async *hoursToClear(
    range: RemovalRange,
    budget: WorkBudget | undefined,
  ): AsyncGenerator<readonly [HourToClear, RemovalRange], Instant | undefined> {
    const { equipmentId, from, to, metric } = range;
    let current: HourToClear | undefined;
    const all = this.reader.read({ equipmentId, from, to, order: 'asc' }, Infinity, budget);
    for await (const { readings, rest } of all) {
      for (const { timestamp, values, stamp } of readings) {
        if (metric !== undefined && !values.has(metric)) continue;
        const hour = hourOf(timestamp);
        if (current && current.hour !== hour) yield [current, range];
        if (current?.hour !== hour) current = { hour, newest: stamp };
        else if (compareStamps(stamp, current.newest) > 0) current.newest = stamp;
      }
      if (budget?.isSpent() && rest < to) {
        if (current) yield [current, { ...range, to: rest }];
        return rest;
      }
    }
    if (current) yield [current, range];
    return undefined;
  }

  private async clear(
    { hour, newest }: HourToClear,
    range: RemovalRange,
    by: string,
  ): Promise<void> {
    const removal = partIn(hour, range);
    const stamp = this.stamps.above(newest);
    const expiry = this.expiresAtEpochSeconds(hour);
    const block = sealRemoval(range.equipmentId, removal, { by }, stamp, expiry);
    const [answer] = await this.writer.writeBlocks([block], by);
    if (answer?.outcome !== 'stored') throw unconfirmed(answer?.outcome ?? 'unknown');
  }
}

function partIn(hour: HourText, { from, to, metric }: RemovalRange): Removal {
  const firstNs = hourOf(from) === hour ? offsetOf(from) : 0;
  const lastNs = (hourOf(to) === hour ? offsetOf(to) : HOUR_NS) - 1;
  return { hour, firstNs, lastNs, ...(metric !== undefined && { metric }) };
}

/** The instant alone, as a range. */
export function instantRange(timestamp: Instant): Pick<RemovalRange, 'from' | 'to'> {
  return { from: timestamp, to: instantAfter(timestamp) };
}

/** What refuses one hour does not know that others are done. */
function partlyRemoved(error: unknown, hour: HourText): unknown {
  if (!(error instanceof DomainError)) return error;
  const { kind, code, retryAfterSeconds } = error;
  const rest =
    code === 'outcome-unknown'
      ? 'whether that hour was removed is not known'
      : 'nothing from there on was removed';
  const detail = `Everything before ${hour}:00Z was removed; ${rest}. Send the removal again: that is safe.`;
  return new DomainError(kind, code === 'write-not-accepted' ? 'outcome-unknown' : code, detail, {
    cause: error,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}

function unconfirmed(outcome: PutOutcome): DomainError {
  if (outcome === 'clock-wrong') {
    return serverClockWrong(
      'Nothing was removed. Send the removal again: another server may answer.',
    );
  }
  if (outcome === 'not-stored') {
    return new DomainError(
      'unavailable',
      'write-not-accepted',
      'The store did not take the removal in time; nothing was removed. Send it again.',
      { retryAfterSeconds: 1 },
    );
  }
  return new DomainError(
    'unavailable',
    'outcome-unknown',
    'The store did not confirm the removal in time; it may have happened. Sending it again is safe.',
    { retryAfterSeconds: 1 },
  );
}
