import { DomainError, type Instant, type WorkBudget, type WorkLimits } from '@sensorflow/kernel';
import { marksOf, SPANS, type KeyRange, type Span } from './block-key.js';
import { blocksUnder, type BlockPage, type BlockStore } from './block-store.js';
import type { StoredBlock } from './block.js';
import { ChunkSize } from './chunk-size.js';
import type { StandingReading } from './hour-fold.js';
import { HourMerge, type HourPart, type Order } from './hour-merge.js';
import {
  END_OF_HOURS,
  HOUR_NS,
  hourAfter,
  hourOf,
  instantAfter,
  instantAt,
  offsetOf,
  type HourText,
} from './hour-time.js';
import { readBlock } from './read-block.js';

export interface LogRange {
  readonly equipmentId: string;
  /** Included. */
  readonly from?: Instant;
  /** Excluded. */
  readonly to?: Instant;
  readonly order: Order;
  /** Leaves out what was written later. */
  readonly asOfEpochMicros?: number;
}

/** Readings in order, and where the rest of the range begins (forwards) or ends (backwards). */
export interface LogPart {
  readonly readings: readonly StandingReading[];
  readonly rest: Instant;
}

export interface LogPage {
  readonly readings: readonly StandingReading[];
  /** As in LogPart; undefined at the end of the range. */
  readonly rest: Instant | undefined;
}

/** For the search past removed readings and those newer than an instant. */
const LATEST_LIMITS: WorkLimits = { storeCalls: 400, ms: 10_000 };

/** Sorts before every hour since 1970. */
const BEFORE_ALL = '0';

/**
 * Reads one equipment's readings in order of time. Whole hours are read in the order of their keys, so that sparse hours
 * share calls. A large hour, or a part of an hour, is read span by span: see HourMerge.
 */
export class LogReader {
  constructor(private readonly store: BlockStore) {}

  /**
   * The readings of a range, part by part, until the caller stops.
   *
   * @param wanted about how many readings the caller will take: sizes the calls to the store
   */
  read(range: LogRange, wanted = Infinity, budget?: WorkBudget): AsyncGenerator<LogPart> {
    const mergeOf = (part: HourPart) => this.createMerge(range, part);
    return new RangeRead(this.store, range, wanted, budget, mergeOf).parts();
  }

  protected createMerge(
    { equipmentId, order, asOfEpochMicros }: LogRange,
    part: HourPart,
  ): HourMerge {
    return new HourMerge(equipmentId, part, order, asOfEpochMicros);
  }

  /**
   * Up to `limit` readings of a range, and the rest of the range; fewer where the budget is spent. Every page makes
   * progress, even if it only passes removed readings.
   */
  async page(range: LogRange, limit: number, budget?: WorkBudget): Promise<LogPage> {
    const readings: StandingReading[] = [];
    for await (const part of this.read(range, limit, budget)) {
      readings.push(...part.readings);
      const last = readings[limit - 1];
      if (readings.length > limit && last) {
        return { readings: readings.slice(0, limit), rest: behind(last.timestamp, range.order) };
      }
      if (budget?.isSpent()) return { readings, rest: part.rest };
    }
    return { readings, rest: undefined };
  }

  /**
   * The newest reading before the end of a range. Throws `range-too-costly` beyond the limits, whatever else the
   * budget was spent on.
   */
  async latest(
    range: Omit<LogRange, 'order'>,
    wholeBudget?: WorkBudget,
  ): Promise<StandingReading | undefined> {
    const budget = wholeBudget?.partWith(LATEST_LIMITS);
    for await (const { readings } of this.read({ ...range, order: 'desc' }, 1, budget)) {
      if (readings[0]) return readings[0];
      if (budget?.isSpent()) throw tooFarBack();
    }
    return undefined;
  }
}

function tooFarBack(): DomainError {
  return new DomainError(
    'invalid',
    'range-too-costly',
    'Too many readings before the newest one are not shown. List the readings with order=desc instead, page by page.',
  );
}

/** Where a range continues after a reading: at the next instant forwards, at its own backwards. */
function behind(timestamp: Instant, order: Order): Instant {
  return order === 'asc' ? instantAfter(timestamp) : timestamp;
}

class RangeRead {
  private readonly order: Order;
  private taken = 0;

  constructor(
    private readonly store: BlockStore,
    private readonly range: LogRange,
    private readonly wanted: number,
    private readonly budget: WorkBudget | undefined,
    private readonly createMerge: (part: HourPart) => HourMerge,
  ) {
    this.order = range.order;
  }

  async *parts(): AsyncGenerator<LogPart> {
    const { from, to } = this.range;
    if (from !== undefined && to !== undefined && from >= to) return;
    const [near, far] = this.partialHours();
    if (near) yield* this.spanBySpan(near);
    let keys = this.wholeHourKeys();
    for (;;) {
      const large = yield* this.wholeHours(keys);
      if (!large) break;
      yield* this.spanBySpan(large);
      keys = this.keysBeyond(keys, large.hour);
    }
    if (far) yield* this.spanBySpan(far);
  }

  /** Hours at the ends of the range, of which only a part is read. */
  private partialHours(): readonly [HourMerge | undefined, HourMerge | undefined] {
    const { from, to } = this.range;
    const last = to === undefined || offsetOf(to) === 0 ? undefined : hourOf(to);
    const first = from === undefined || isWhole(from, last) ? undefined : hourOf(from);
    const hours = this.order === 'asc' ? [first, last] : [last, first];
    const [near, far] = hours.map((hour) => (hour === undefined ? hour : this.mergeOf(hour)));
    return [near, first === last ? undefined : far];
  }

  private wholeHourKeys(): KeyRange {
    const { from, to } = this.range;
    const last = to === undefined ? END_OF_HOURS : hourOf(to);
    if (from === undefined) return { from: BEFORE_ALL, to: last };
    return { from: offsetOf(from) === 0 ? hourOf(from) : hourAfter(hourOf(from)), to: last };
  }

  private keysBeyond({ from, to }: KeyRange, hour: HourText): KeyRange {
    return this.order === 'asc' ? { from: hourAfter(hour), to } : { from, to: hour };
  }

  private mergeOf(hour: HourText): HourMerge {
    const { from, to } = this.range;
    return this.createMerge({
      hour,
      fromNs: from !== undefined && hourOf(from) === hour ? offsetOf(from) : 0,
      toNs: to !== undefined && hourOf(to) === hour ? offsetOf(to) : HOUR_NS,
    });
  }

  /** Returns the hour that is to be read span by span, and otherwise at the end of the range. */
  private async *wholeHours(keys: KeyRange): AsyncGenerator<LogPart, HourMerge | undefined> {
    if (keys.from >= keys.to) return undefined;
    const size = new ChunkSize();
    let current: HourMerge | undefined;
    let after: string | undefined;
    do {
      const page = await this.query(keys, size.next(this.wanted - this.taken), after);
      for (const stored of page.blocks) {
        const hour = stored.key.slice(0, HOUR_LENGTH);
        if (current && current.hour !== hour) yield* this.finish(current);
        if (current?.hour !== hour) {
          current = this.mergeOf(hour);
          // Forwards they come before all blocks of their hour.
          current.hasMarks = this.order === 'asc';
          size.hourBegins();
        }
        await this.add(current, stored, size);
        current.passed(stored.key);
      }
      after = page.next;
      if (current && after !== undefined) yield* this.taking(current);
      if (current && after !== undefined && this.isLarge(current, size)) return current;
    } while (after !== undefined);
    if (current) yield* this.finish(current);
    return undefined;
  }

  /** Whether going on in the order of keys would read much for what is wanted. */
  private isLarge(merge: HourMerge, size: ChunkSize): boolean {
    if (this.wanted === Infinity) return false;
    return merge.pending >= this.wanted - this.taken || size.isHourLarge;
  }

  private async *spanBySpan(merge: HourMerge): AsyncGenerator<LogPart> {
    const sizes: Readonly<Record<Span, ChunkSize>> = {
      h: new ChunkSize(),
      m: new ChunkSize(),
      s: new ChunkSize(),
    };
    while (!merge.isDone) {
      await Promise.all(merge.nextSpans().map((span) => this.readSpan(merge, span, sizes[span])));
      yield* this.taking(merge);
    }
    yield* this.taking(merge);
  }

  private async readSpan(merge: HourMerge, span: Span, size: ChunkSize): Promise<void> {
    const limit = size.next(this.wanted - this.taken);
    const page = await this.query(merge.keysIn(span), limit, merge.afterIn(span));
    for (const stored of page.blocks) await this.add(merge, stored, size);
    if (page.next === undefined) merge.finished(span);
    else merge.passedInSpan(span, page.next);
  }

  private async add(merge: HourMerge, stored: StoredBlock, size: ChunkSize): Promise<void> {
    const block = readBlock(stored);
    size.note(stored, block);
    if (merge.needsMarks(block)) await this.addMarks(merge);
    merge.add(block);
  }

  private async addMarks(merge: HourMerge): Promise<void> {
    const { equipmentId } = this.range;
    const marks = blocksUnder(this.store, equipmentId, marksOf(merge.hour), this.budget);
    for await (const mark of marks) merge.add(readBlock(mark));
    merge.hasMarks = true;
  }

  private *finish(merge: HourMerge): Generator<LogPart> {
    for (const span of SPANS) merge.finished(span);
    yield* this.taking(merge);
  }

  private *taking(merge: HourMerge): Generator<LogPart> {
    const before = merge.takenUpTo;
    const readings = merge.take();
    this.taken += readings.length;
    if (merge.takenUpTo === before) return;
    yield { readings, rest: instantIn(merge.hour, merge.takenUpTo) };
  }

  private query(keys: KeyRange, limit: number, after: string | undefined): Promise<BlockPage> {
    const { equipmentId, order } = this.range;
    return this.store.query(
      { equipmentId, keys, order, limit, ...(after !== undefined && { after }) },
      this.budget,
    );
  }
}

const HOUR_LENGTH = 13;

/** Whether an hour is asked for from its beginning to its end, unless the range ends in `last`. */
function isWhole(from: Instant, last: HourText | undefined): boolean {
  return offsetOf(from) === 0 && hourOf(from) !== last;
}

/** Also the end of the hour, as long as there is one. */
function instantIn(hour: HourText, offsetNs: number): Instant {
  const next = offsetNs < HOUR_NS ? hour : hourAfter(hour);
  if (next === END_OF_HOURS) return instantAt(hour, HOUR_NS - 1);
  return instantAt(next, next === hour ? offsetNs : 0);
}
