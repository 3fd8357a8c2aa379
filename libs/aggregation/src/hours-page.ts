import type { EquipmentHour, MetricHour, ScannedHour } from './hours/aggregate-store.js';

export interface ListedHours {
  /** Ordered by hour, then equipment id. */
  readonly items: readonly MetricHour[];
  /** Hours of the same stretch that have readings, and are too large to be shown. In the same order. */
  readonly notShown: readonly EquipmentHour[];
  /** Where the next page goes on (`after`), or undefined at the end. */
  readonly next: EquipmentHour | undefined;
}

/** A page of hours as it fills: those with the metric and those that cannot say whether they have it. */
export class HoursPage {
  private readonly found: ScannedHour[] = [];

  /** @param limit of both kinds together, so that the answer stays bounded */
  constructor(private readonly limit: number) {}

  add(cells: readonly ScannedHour[]): void {
    const listed = cells.filter((cell) => hasAggregate(cell) || cell.failure !== undefined);
    this.found.push(...listed.slice(0, this.limit + 1 - this.found.length));
  }

  /** Whether there is more than the page holds. */
  isFull(): boolean {
    return this.found.length > this.limit;
  }

  /** @param through what was looked at, of a page that ends before it is full and before the range does */
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
