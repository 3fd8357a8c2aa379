import type { OffsetNs } from './hour-time.js';
import { INSTANT_UNITS } from './instants-text.js';
import { NumberRuns } from './number-runs.js';
import type { RowTable } from './row-table.js';

/** Instants as a line, as `InstantsText` writes them, of rows of a table. */
export class InstantRuns {
  private readonly line = new NumberRuns();
  private unit = 0;
  private nanos = nanosOf(0);
  private lastNs: OffsetNs = 0;

  constructor(private readonly table: RowTable) {}

  clear(): void {
    this.line.clear();
    this.unit = 0;
    this.nanos = nanosOf(0);
    this.lastNs = 0;
  }

  /**
   * Answers whether the whole line was written anew.
   *
   * @param rows in order of time; those from `first` up to, not including, `at` are in the line, and
   *   `at` is added
   */
  add(rows: Int32Array, first: number, at: number): boolean {
    const offsetNs = this.table.offsetOf(rows[at] ?? 0);
    const isRewritten = !Number.isInteger(offsetNs / this.nanos);
    if (isRewritten) this.refine(rows, first, at, offsetNs);
    this.write(offsetNs);
    return isRewritten;
  }

  /** A finer unit, in which all that is in the line is written anew. */
  private refine(rows: Int32Array, first: number, end: number, offsetNs: OffsetNs): void {
    while (!Number.isInteger(offsetNs / nanosOf(this.unit))) this.unit += 1;
    this.nanos = nanosOf(this.unit);
    this.line.clear();
    this.lastNs = 0;
    for (let at = first; at < end; at += 1) this.write(this.table.offsetOf(rows[at] ?? 0));
  }

  private write(offsetNs: OffsetNs): void {
    this.line.add((offsetNs - this.lastNs) / this.nanos, 0);
    this.lastNs = offsetNs;
  }

  get length(): number {
    return 1 + this.line.length;
  }

  toString(): string {
    return `${INSTANT_UNITS[this.unit]?.[0] ?? 'n'}${this.line.toString()}`;
  }
}

function nanosOf(unit: number): number {
  return INSTANT_UNITS[unit]?.[1] ?? 1;
}
