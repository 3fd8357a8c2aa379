import { earlierHour, hourPlus, type Hour, type HourRange } from '@sensorflow/aggregation';
import type { Clock, WorkBudget } from '@sensorflow/kernel';
import {
  MOST_DIFFERENCES,
  type Inspection,
  type Look,
  type Subject,
} from './aggregate-comparison.js';
import type { OccupiedDays } from './days-with-data.js';
import type { Difference } from './difference.js';

/** A page ends behind the hours that took so long, or differ so much. */
const PAGE_MS = 8_000;
const PAGE_DIFFERENCES = 1_000;
/** Hours are looked at in growing parts of a day, as long as a part is quick. */
const MOST_HOURS = 24;
const QUICK_MS = 1_000;
/** A part of several hours that takes longer is begun again, an hour at a time. */
const LONGEST_PART_MS = 4_000;

/** What the first looks at the hours of a page found. */
export interface FirstPage extends Look {
  /** The parts that have differences, as they were looked at. */
  readonly differing: readonly HourRange[];
  /** Where the next page goes on; undefined at the end. */
  readonly next: Hour | undefined;
  /** The last part of which not all differences were noted. */
  readonly unfinished: Hour | undefined;
}

/** Looks at the occupied days of a range, part by part, until a page is full. */
export class FirstLooks {
  constructor(
    private readonly inspection: Inspection,
    private readonly days: OccupiedDays,
    private readonly clock: Clock,
    private readonly longestPartMs = LONGEST_PART_MS,
  ) {}

  /** At least one part. Throws what the stores throw, and the signal's reason. */
  async at(subject: Subject, budget: WorkBudget): Promise<FirstPage> {
    const endsAt = this.clock.nowEpochMs() + PAGE_MS;
    const page = new PageOfLooks();
    let hours = 1;
    for await (const day of this.days.within(subject, budget)) {
      for (let { from } = day; from < day.to;) {
        const startedAt = this.clock.nowEpochMs();
        const part = { from, to: earlierHour(hourPlus(from, hours), day.to) };
        const look = await this.lookInTime({ ...subject, range: part }, hours, budget);
        if (look) {
          page.add(part, look);
          from = part.to;
        }
        const now = this.clock.nowEpochMs();
        hours = look && now - startedAt < QUICK_MS ? Math.min(MOST_HOURS, hours * 2) : 1;
        if (look && (now >= endsAt || page.differences.length >= PAGE_DIFFERENCES)) {
          return page.endingAt(from < subject.range.to ? from : undefined);
        }
      }
    }
    return page;
  }

  /** Undefined for a part of several hours that takes too long: an hour alone takes what it takes. */
  private async lookInTime(
    subject: Subject,
    hours: number,
    budget: WorkBudget,
  ): Promise<Look | undefined> {
    if (hours === 1) return this.inspection.look(subject, budget);
    const inTime = AbortSignal.timeout(this.longestPartMs);
    try {
      return await this.inspection.look(subject, budget.endingWith(inTime));
    } catch (error) {
      if (budget.signal.aborted || error !== inTime.reason) throw error;
      return undefined;
    }
  }
}

class PageOfLooks implements FirstPage {
  checked = 0;
  tooLarge = 0;
  next: Hour | undefined;
  unfinished: Hour | undefined;
  readonly differences: Difference[] = [];
  readonly differing: HourRange[] = [];

  add(part: HourRange, look: Look): void {
    this.checked += look.checked;
    this.tooLarge += look.tooLarge;
    this.differences.push(...look.differences);
    if (look.differences.length > 0) this.differing.push(part);
    if (look.differences.length >= MOST_DIFFERENCES) this.unfinished = part.from;
  }

  endingAt(next: Hour | undefined): this {
    this.next = next;
    return this;
  }
}
