import {
  keysOfSpan,
  parseBlockKey,
  SPAN_NS,
  SPANS,
  type KeyRange,
  type Span,
} from './block-key.js';
import type { LogBlock } from './block.js';
import { HourFold, type StandingReading } from './hour-fold.js';
import { HOUR_NS, type HourText, type OffsetNs } from './hour-time.js';

export type Order = 'asc' | 'desc';

/** The part of an hour that is asked for: `fromNs` ≤ offset < `toNs`. */
export interface HourPart {
  readonly hour: HourText;
  readonly fromNs: OffsetNs;
  readonly toNs: OffsetNs;
}

/** How far the blocks of one span were read. */
interface Lane {
  /** The last key that was read; undefined before the first. */
  after: string | undefined;
  seenNs: OffsetNs;
  isDone: boolean;
}

/**
 * Puts the readings of one hour in order, out of blocks that are read span by span in order of their last
 * instant: whatever span they come from, a reading is complete once no block that was not read can hold
 * its instant. Forwards, an unread block can begin up to its span before its key; backwards, it cannot hold anything
 * after the last key. So memory holds one span of blocks, and the wide ones of the hour.
 */
export class HourMerge {
  protected readonly lanes: Readonly<Record<Span, Lane>>;
  private readonly fold: HourFold;
  /** Readings on the near side were taken. */
  private takenNs: OffsetNs;
  /** Whether all marks of undone imports in this hour were added. */
  hasMarks = false;

  constructor(
    equipmentId: string,
    readonly part: HourPart,
    protected readonly order: Order,
    asOfEpochMicros?: number,
  ) {
    this.fold = new HourFold(equipmentId, part.hour, asOfEpochMicros);
    const startNs = order === 'asc' ? part.fromNs : part.toNs;
    const lane = (): Lane => ({ after: undefined, seenNs: startNs, isDone: false });
    this.lanes = { h: lane(), m: lane(), s: lane() };
    this.takenNs = startNs;
  }

  get hour(): HourText {
    return this.part.hour;
  }

  /** Instants that were read and are not complete yet, or not taken. */
  get pending(): number {
    return this.fold.size;
  }

  get isDone(): boolean {
    const { fromNs, toNs } = this.part;
    return this.order === 'asc' ? this.completeNs() >= toNs : this.completeNs() <= fromNs;
  }

  needsMarks(block: LogBlock): boolean {
    return block.kind === 'readings' && block.origin.importId !== undefined && !this.hasMarks;
  }

  /** A block of whatever span; see `passed` and `finished` for how far the reading went. */
  add(block: LogBlock): void {
    this.fold.add(block);
  }

  /** All keys of the hour up to this one, in the order of reading, were read. */
  passed(key: string): void {
    const parsed = parseBlockKey(key);
    if (!parsed) return;
    for (const span of this.order === 'asc' ? SPANS : SPANS.toReversed()) {
      if (span === parsed.span) return this.passedInLane(span, key, parsed.lastNs);
      this.finished(span);
    }
  }

  /** All keys of the span up to this one were read. */
  passedInSpan(span: Span, key: string): void {
    this.passedInLane(span, key, parseBlockKey(key)?.lastNs ?? this.lanes[span].seenNs);
  }

  private passedInLane(span: Span, key: string, lastNs: OffsetNs): void {
    this.lanes[span].after = key;
    this.lanes[span].seenNs = lastNs;
  }

  finished(span: Span): void {
    this.lanes[span].isDone = true;
  }

  /** The spans to read next: all that were not read at all, or else the one that the others wait for. */
  nextSpans(): readonly Span[] {
    const open = SPANS.filter((span) => !this.lanes[span].isDone);
    const unread = open.filter((span) => this.lanes[span].after === undefined);
    if (unread.length > 0) return unread;
    return open.filter((span) => this.boundOf(span) === this.completeNs()).slice(0, 1);
  }

  afterIn(span: Span): string | undefined {
    return this.lanes[span].after;
  }

  /** The blocks of the span that can hold an instant of this part. */
  keysIn(span: Span): KeyRange {
    const { hour, fromNs, toNs } = this.part;
    return keysOfSpan(hour, span, fromNs, toNs + SPAN_NS[span]);
  }

  /** Takes the readings that are complete and were not taken, in the order of reading. */
  take(): readonly StandingReading[] {
    const { fromNs, toNs } = this.part;
    const completeNs = Math.min(toNs, Math.max(fromNs, this.completeNs()));
    const takenNs = this.takenNs;
    this.takenNs = completeNs;
    if (this.order === 'asc') return this.fold.take(takenNs, completeNs);
    return this.fold.take(completeNs, takenNs).toReversed();
  }

  /** Up to here, from where the reading began, everything was taken. */
  get takenUpTo(): OffsetNs {
    return this.takenNs;
  }

  private completeNs(): OffsetNs {
    const bounds = SPANS.map((span) => this.boundOf(span));
    return this.order === 'asc' ? Math.min(...bounds) : Math.max(...bounds);
  }

  /** Forwards, instants below it are complete in this span; backwards, those at or above it. */
  protected boundOf(span: Span): OffsetNs {
    const { seenNs, isDone, after } = this.lanes[span];
    if (this.order === 'asc') {
      if (isDone) return HOUR_NS;
      return after === undefined ? this.part.fromNs : seenNs - SPAN_NS[span];
    }
    if (isDone) return 0;
    return after === undefined ? this.part.toNs : seenNs + 1;
  }
}
