import { DomainError, type Clock, type Instant, type WorkBudget } from '@sensorflow/kernel';
import type { Retention } from '../retention.js';
import { keysOfSpan, marksOf, SPAN_NS, SPANS, type KeyRange } from './block-key.js';
import { blocksUnder, type BlockStore } from './block-store.js';
import type { LogBlock, Origin, ReadingsBlock, RemovalBlock } from './block.js';
import { hourOf, offsetOf } from './hour-time.js';
import { readBlock } from './read-block.js';
import { compareStamps, stampInstant, type Stamp } from './stamp.js';

/** A value that an instant once had, or still has. */
export interface PastValue extends Origin {
  readonly metric: string;
  readonly value: number;
  /** Whether a removal took it away. */
  readonly removed: boolean;
  readonly acceptedAt: Instant;
}

/** Where a value stands in a history: no two values of one instant share a place. */
export interface HistoryPlace {
  readonly stamp: Stamp;
  /** Decides between equal stamps: the row of a file, or the place in the block. */
  readonly place: number;
  readonly metric: string;
}

export interface HistoryQuery {
  readonly equipmentId: string;
  readonly timestamp: Instant;
  readonly limit: number;
  /** Goes on behind this place. */
  readonly after?: HistoryPlace;
}

export interface HistoryPage {
  /** The latest first. */
  readonly values: readonly PastValue[];
  /** `after` of the next page; undefined at the end. */
  readonly next: HistoryPlace | undefined;
}

interface Accepted extends HistoryPlace, Origin {
  readonly value: number;
}

/** Calls of one page, each for 250 blocks. */
const MOST_CALLS = { storeCalls: 400, ms: 10_000 };

/**
 * Every value that one instant of an equipment ever had: also what was corrected or removed, but nothing of
 * an undone import, and nothing of an hour that has expired.
 */
export class InstantHistory {
  constructor(
    private readonly store: BlockStore,
    private readonly retention: Retention,
    private readonly clock: Clock,
  ) {}

  /**
   * Reads all blocks that can hold the instant, because any may hold a later value or a removal, and keeps
   * those of the page. Throws `history-too-long` for more than 100,000 blocks, what the store throws, and
   * the reason of the budget's signal.
   */
  async page(query: HistoryQuery, budget?: WorkBudget): Promise<HistoryPage> {
    const oldest = this.retention.oldestKept(this.clock.nowEpochMs());
    if (oldest !== undefined && query.timestamp < oldest) return { values: [], next: undefined };
    const read = new HistoryRead(this.store, query, budget);
    const hour = hourOf(query.timestamp);
    const atNs = offsetOf(query.timestamp);
    await Promise.all(
      SPANS.map((span) => read.add(keysOfSpan(hour, span, atNs, atNs + SPAN_NS[span] + 1))),
    );
    return read.page();
  }
}

/** What one page needs of the blocks about its instant: memory holds two pages of values at the most. */
class HistoryRead {
  private found: Accepted[] = [];
  private readonly removals = new Removals();
  private undone: Promise<ReadonlySet<string>> | undefined;
  private readonly atNs: number;

  constructor(
    private readonly store: BlockStore,
    private readonly query: HistoryQuery,
    private readonly budget: WorkBudget | undefined,
  ) {
    this.atNs = offsetOf(query.timestamp);
  }

  async add(keys: KeyRange): Promise<void> {
    for await (const stored of blocksUnder(this.store, this.query.equipmentId, keys, this.budget)) {
      await this.addBlock(readBlock(stored));
      if (this.budget?.isSpent(MOST_CALLS)) throw historyTooLong();
    }
  }

  private async addBlock(block: LogBlock): Promise<void> {
    if (block.kind === 'removal') this.removals.add(block, this.atNs);
    if (block.kind !== 'readings' || !block.offsetsNs.includes(this.atNs)) return;
    const { importId } = block.origin;
    if (importId !== undefined && (await this.undoneImports()).has(importId)) return;
    const { after, limit } = this.query;
    for (const accepted of valuesAt(block, this.atNs)) {
      if (!after || latestFirst(accepted, after) > 0) this.found.push(accepted);
    }
    if (this.found.length > 2 * limit) this.found = inOrder(this.found).slice(0, limit + 1);
  }

  /** The marks of the hour; read once, and only where imports brought something. */
  private undoneImports(): Promise<ReadonlySet<string>> {
    this.undone ??= this.readMarks();
    return this.undone;
  }

  private async readMarks(): Promise<ReadonlySet<string>> {
    const { equipmentId, timestamp } = this.query;
    const undone = new Set<string>();
    const marks = blocksUnder(this.store, equipmentId, marksOf(hourOf(timestamp)), this.budget);
    for await (const stored of marks) {
      const mark = readBlock(stored);
      if (mark.kind === 'undone') undone.add(mark.importId);
    }
    return undone;
  }

  page(): HistoryPage {
    const { limit } = this.query;
    const ordered = inOrder(this.found);
    const values = ordered.slice(0, limit);
    return {
      values: values.map((accepted) => this.pastOf(accepted)),
      next: ordered.length > limit ? values.at(-1) : undefined,
    };
  }

  private pastOf({ metric, value, stamp, importId, by }: Accepted): PastValue {
    return {
      metric,
      value,
      removed: this.removals.cover(metric, stamp),
      acceptedAt: stampInstant(stamp),
      ...(importId !== undefined && { importId }),
      ...(by !== undefined && { by }),
    };
  }
}

/** The greatest stamps of the removals of one instant. */
class Removals {
  private readonly byMetric = new Map<string | undefined, Stamp>();

  add({ firstNs, lastNs, metric, stamp }: RemovalBlock, atNs: number): void {
    if (atNs < firstNs || atNs > lastNs) return;
    const known = this.byMetric.get(metric);
    if (!known || compareStamps(stamp, known) > 0) this.byMetric.set(metric, stamp);
  }

  cover(metric: string, stamp: Stamp): boolean {
    return [this.byMetric.get(metric), this.byMetric.get(undefined)].some(
      (removal) => removal !== undefined && compareStamps(removal, stamp) > 0,
    );
  }
}

function* valuesAt(block: ReadingsBlock, atNs: number): Generator<Accepted> {
  const { offsetsNs, columns, places, stamp, origin } = block;
  for (const [index, offsetNs] of offsetsNs.entries()) {
    if (offsetNs !== atNs) continue;
    for (const [metric, numbers] of columns) {
      const value = numbers[index] ?? NaN;
      if (Number.isNaN(value)) continue;
      yield { metric, value, stamp, place: places[index] ?? index, ...origin };
    }
  }
}

/** Two runs of an import may have written one row. */
function inOrder(found: readonly Accepted[]): Accepted[] {
  const sorted = found.toSorted(latestFirst);
  return sorted.filter((accepted, index) => {
    const before = sorted[index - 1];
    return !before || latestFirst(before, accepted) !== 0;
  });
}

/** Metrics of one block by name, so that the order is always the same. */
function latestFirst(a: HistoryPlace, b: HistoryPlace): number {
  const byTime = compareStamps(b.stamp, a.stamp) || b.place - a.place;
  if (byTime !== 0) return byTime;
  if (a.metric === b.metric) return 0;
  return a.metric < b.metric ? -1 : 1;
}

function historyTooLong(): DomainError {
  return new DomainError(
    'invalid',
    'history-too-long',
    'This instant, or those around it, were written too often to go through in one answer.',
  );
}
