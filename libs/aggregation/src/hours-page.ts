import type { EquipmentHour, MetricHour, ScannedHour } from './hours/aggregate-store.js';

export interface ListedHours {
  /** Ordered by hour, then equipment id. */
  readonly items: readonly MetricHour[];
  /** Hours of the same stretch that are too large to show. In the same order. */
  readonly notShown: readonly EquipmentHour[];
  /** `after` of the next page; undefined at the end. */
  readonly next: EquipmentHour | undefined;
}

/** Collects a page of hours: those with the metric, and those too large to tell. */
export class HoursPage {
  private readonly found: ScannedHour[] = [];

  /** @param limit on both kinds together, so that the answer stays bounded */
  constructor(private readonly limit: number) {}

  add(cells: readonly ScannedHour[]): void {
    const listed = cells.filter((cell) => hasAggregate(cell) || cell.failure !== undefined);
    this.found.push(...listed.slice(0, this.limit + 1 - this.found.length));
  }

  /** Whether there is more than the page holds. */
  isFull(): boolean {
    return this.found.length > this.limit;
  }

  /** @param through the last hour read, if the page ends before it is full and before the range does */
  listed(through?: EquipmentHour): ListedHours {
    const page = this.found.slice(0, this.limit);
    return {
      items: page.filter(hasAggregate),
      notShown: page.filter((cell) => !hasAggregate(cell)),
      next: this.isFull() ? page.at(-1) : through,
    };
  }
}

export function hasAggregate(cell: ScannedHour): cell is MetricHour {
  return cell.aggregate !== undefined;
}
