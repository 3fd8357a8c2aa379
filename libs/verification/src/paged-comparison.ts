import { earlierHour, hourPlus, type Hour, type HourRange } from '@sensorflow/aggregation';
import type { Clock, WorkBudget } from '@sensorflow/kernel';
import type { AggregateComparison, ComparisonScope } from './aggregate-comparison.js';
import { MOST_DIFFERENCES, type ComparisonResult } from './comparison-result.js';
import type { DaysWithData } from './days-with-data.js';
import type { Difference } from './difference.js';

/** A page ends after the part that uses up this time or reaches this many differences. */
const PAGE_MS = 8_000;
const PAGE_DIFFERENCES = 1_000;
/** Hours are compared in parts of a day, which grow while they are quick. */
const MOST_HOURS = 24;
const QUICK_MS = 1_000;
/** A part of several hours that takes longer starts over, an hour at a time. */
const LONGEST_PART_MS = 4_000;

export interface ComparisonPage extends ComparisonResult {
  /** The parts that have differences. */
  readonly differing: readonly HourRange[];
  /** Where the next page starts; undefined at the end. */
  readonly next: Hour | undefined;
  /** The last part whose differences are not all listed. */
  readonly unfinished: Hour | undefined;
}

/** Compares a range's days with data, part by part, until a page is full. */
export class PagedComparison {
  constructor(
    private readonly comparison: AggregateComparison,
    private readonly days: DaysWithData,
    private readonly clock: Clock,
    private readonly longestPartMs = LONGEST_PART_MS,
  ) {}

  /** Compares at least one part. Throws what the stores throw, and the signal's reason. */
  async nextPage(scope: ComparisonScope, budget: WorkBudget): Promise<ComparisonPage> {
    const endsAt = this.clock.nowEpochMs() + PAGE_MS;
    const page = new GrowingPage();
    let hours = 1;
    for await (const day of this.days.within(scope, budget)) {
      for (let { from } = day; from < day.to;) {
        const startedAt = this.clock.nowEpochMs();
        const part = { from, to: earlierHour(hourPlus(from, hours), day.to) };
        const result = await this.compareInTime({ ...scope, range: part }, hours, budget);
        if (result) {
          page.add(part, result);
          from = part.to;
        }
        const now = this.clock.nowEpochMs();
        hours = result && now - startedAt < QUICK_MS ? Math.min(MOST_HOURS, hours * 2) : 1;
        if (result && (now >= endsAt || page.differences.length >= PAGE_DIFFERENCES)) {
          return page.endingAt(from < scope.range.to ? from : undefined);
        }
      }
    }
    return page;
  }

  /** Undefined if a part of several hours takes too long. A single hour has no limit. */
  private async compareInTime(
    scope: ComparisonScope,
    hours: number,
    budget: WorkBudget,
  ): Promise<ComparisonResult | undefined> {
    if (hours === 1) return this.comparison.compare(scope, budget);
    const inTime = AbortSignal.timeout(this.longestPartMs);
    try {
      return await this.comparison.compare(scope, budget.endingWith(inTime));
    } catch (error) {
      if (budget.signal.aborted || error !== inTime.reason) throw error;
      return undefined;
    }
  }
}

class GrowingPage implements ComparisonPage {
  checked = 0;
  tooLarge = 0;
  next: Hour | undefined;
  unfinished: Hour | undefined;
  readonly differences: Difference[] = [];
  readonly differing: HourRange[] = [];

  add(part: HourRange, result: ComparisonResult): void {
    this.checked += result.checked;
    this.tooLarge += result.tooLarge;
    this.differences.push(...result.differences);
    if (result.differences.length > 0) this.differing.push(part);
    if (result.differences.length >= MOST_DIFFERENCES) this.unfinished = part.from;
  }

  endingAt(next: Hour | undefined): this {
    this.next = next;
    return this;
  }
}
