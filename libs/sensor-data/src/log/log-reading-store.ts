import {
  instantFromEpochMs,
  instantToEpochMs,
  type Clock,
  type Instant,
  type WorkBudget,
} from '@sensorflow/kernel';
import { ReadingStore, type ReadingPage, type ReadingRange } from '../reading-store.js';
import type { StoredReading } from '../reading.js';
import type { Retention } from '../retention.js';
import type { BlockStore } from './block-store.js';
import { END_OF_HOURS, instantAfter, instantBefore } from './hour-time.js';
import { LogReader, type LogRange } from './log-reader.js';

/** Every key begins with a digit. */
const ALL_HOURS = { from: '0', to: END_OF_HOURS };

/** How far a reading can be ahead of its receipt: ten minutes, and the difference between clocks of processes. */
const MAX_AHEAD_MS = 11 * 60 * 1000;

/** The readings that stand in the log, or stood at an instant, of hours that have not expired. */
export class LogReadingStore extends ReadingStore {
  private readonly reader: LogReader;

  constructor(
    private readonly blocks: BlockStore,
    private readonly retention: Retention,
    private readonly clock: Clock,
    private readonly asOfEpochMs?: number,
  ) {
    super();
    this.reader = new LogReader(blocks);
  }

  override async range(query: ReadingRange, budget?: WorkBudget): Promise<ReadingPage> {
    const { limit, order } = query;
    const { readings, rest } = await this.reader.page(this.logRange(query), limit, budget);
    if (rest === undefined) return { readings, next: undefined };
    return { readings, next: order === 'asc' ? instantBefore(rest) : rest };
  }

  override async latest(
    equipmentId: string,
    budget?: WorkBudget,
  ): Promise<StoredReading | undefined> {
    return this.reader.latest(this.logRange({ equipmentId, order: 'desc' }), budget);
  }

  override asOf(instant: Instant): LogReadingStore {
    return new LogReadingStore(this.blocks, this.retention, this.clock, instantToEpochMs(instant));
  }

  override async hasBlocks(equipmentId: string, budget?: WorkBudget): Promise<boolean> {
    const newest = { equipmentId, keys: ALL_HOURS, order: 'desc', limit: 1 } as const;
    return (await this.blocks.query(newest, budget)).blocks.length > 0;
  }

  override scanEquipment(budget?: WorkBudget): AsyncIterable<readonly string[]> {
    return this.blocks.scanEquipment(budget);
  }

  override async *scanRange(
    equipmentId: string,
    from: Instant,
    to: Instant,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly StoredReading[]> {
    const range = this.logRange({ equipmentId, from, to, order: 'asc' });
    for await (const { readings } of this.reader.read(range, Infinity, budget)) yield readings;
  }

  /** An hour expires as a whole: the store deletes its blocks in no order. */
  private logRange({ equipmentId, order, ...bounds }: Omit<ReadingRange, 'limit'>): LogRange {
    const { after } = bounds;
    const oldest = this.retention.oldestKept(this.clock.nowEpochMs());
    const asked = order === 'asc' && after !== undefined ? instantAfter(after) : bounds.from;
    const from = oldest !== undefined && (asked ?? '') < oldest ? oldest : asked;
    const end = order === 'desc' && after !== undefined ? after : bounds.to;
    const to = this.asOfEpochMs === undefined ? end : earlier(end, aheadOf(this.asOfEpochMs));
    return {
      equipmentId,
      order,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(this.asOfEpochMs !== undefined && { asOfEpochMicros: endOfMs(this.asOfEpochMs) }),
    };
  }
}

function aheadOf(epochMs: number): Instant {
  return instantFromEpochMs(epochMs + MAX_AHEAD_MS);
}

function earlier(end: Instant | undefined, other: Instant): Instant {
  return end !== undefined && end < other ? end : other;
}

/** Receipts are shown to the millisecond, and what was received in it belongs to it. */
function endOfMs(epochMs: number): number {
  return epochMs * 1000 + 999;
}
