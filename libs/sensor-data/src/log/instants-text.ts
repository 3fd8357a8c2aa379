import { HOUR_NS, type OffsetNs } from './hour-time.js';
import { readRuns, RunText } from './run-text.js';

/** Steady values of a regular series take no room: this bounds what a reader unpacks. */
export const MAX_READINGS_PER_BLOCK = 4096;

/** From the coarsest: whole seconds are written as such. */
export const INSTANT_UNITS = [
  ['s', 1e9],
  ['m', 1e6],
  ['u', 1e3],
  ['n', 1],
] as const;

/**
 * The instants of a block in order of time, as differences in the coarsest unit in which all are whole:
 * `s738 60*59` is 00:12:18 of the hour and each minute after it; `m` are milliseconds, `u` micro- and `n`
 * nanoseconds.
 */
export class InstantsText {
  private readonly offsets: OffsetNs[] = [];
  private unit = 0;
  private line = new RunText();

  get count(): number {
    return this.offsets.length;
  }

  get firstNs(): OffsetNs {
    return this.offsets[0] ?? 0;
  }

  get lastNs(): OffsetNs {
    return this.offsets.at(-1) ?? 0;
  }

  get length(): number {
    return 1 + this.line.length;
  }

  /** @param offsetNs not before the last one */
  add(offsetNs: OffsetNs): void {
    const before = this.lastNs;
    if (offsetNs < before) throw new RangeError('instants out of order');
    this.offsets.push(offsetNs);
    const unit = coarsestUnit(offsetNs, this.unit);
    if (unit === this.unit) this.line.add(String((offsetNs - before) / nanosOf(unit)));
    else this.writeAllIn(unit);
  }

  private writeAllIn(unit: number): void {
    this.unit = unit;
    this.line = new RunText();
    let before = 0;
    for (const offsetNs of this.offsets) {
      this.line.add(String((offsetNs - before) / nanosOf(unit)));
      before = offsetNs;
    }
  }

  toString(): string {
    return `${INSTANT_UNITS[this.unit]?.[0] ?? 'n'}${this.line.toString()}`;
  }
}

function coarsestUnit(offsetNs: OffsetNs, from: number): number {
  let unit = from;
  while (offsetNs % nanosOf(unit) !== 0) unit += 1;
  return unit;
}

function nanosOf(unit: number): number {
  return INSTANT_UNITS[unit]?.[1] ?? 1;
}

const DIFFERENCE = /^\d{1,13}$/;

/** The offsets of a line; undefined for text that `InstantsText` never made. */
export function readInstants(text: string): readonly OffsetNs[] | undefined {
  const unit = INSTANT_UNITS.find(([letter]) => text.startsWith(letter));
  const differences = readRuns(text.slice(1), MAX_READINGS_PER_BLOCK);
  if (unit === undefined || differences === undefined) return undefined;
  let offsetNs = 0;
  const offsets = differences.map((difference) => {
    offsetNs += DIFFERENCE.test(difference) ? Number(difference) * unit[1] : NaN;
    return offsetNs;
  });
  return offsetNs < HOUR_NS ? offsets : undefined;
}

/** One instant, as a line. */
export function instantText(offsetNs: OffsetNs): string {
  return `n${offsetNs}`;
}
