import { SPAN_NS } from './block-key.js';
import {
  BYTES_PER_DOUBLE,
  doublesSaveUnits,
  ENTRY_BYTES,
  hasRoom,
  MAX_BYTES_OF_INSTANT,
} from './block-size.js';
import { InstantRuns } from './instant-runs.js';
import { NumberRuns, suffixLength } from './number-runs.js';
import { decimalLength, decimalValue, NOTHING } from './plain-decimal.js';
import type { RowTable } from './row-table.js';

/** The lines of a block. */
export interface PackedColumns {
  /** Rows of the table, in order of time. */
  readonly rows: Int32Array;
  readonly instants: string;
  readonly columns: ReadonlyMap<string, string | Uint8Array>;
  readonly places: string;
}

/** The numbers of one metric in the block that is being packed. */
class Column extends NumberRuns {
  metric = 0;
  name = '';
  /** How many readings of the block it speaks of: behind them it has gaps, which are written late. */
  readings = 0;

  begin(metric: number, name: string): void {
    this.clear();
    this.metric = metric;
    this.name = name;
    this.readings = 0;
  }

  fillUpTo(readings: number): void {
    if (readings > this.readings) this.add(0, NOTHING, readings - this.readings);
    this.readings = readings;
  }

  /** Bytes of its entry in the block, when the block has that many readings. */
  bytesWith(readings: number): number {
    const gaps = readings - this.readings;
    const bytesOfGaps = gaps > 0 ? 2 + suffixLength(gaps) : 0;
    return this.name.length + ENTRY_BYTES + this.length + bytesOfGaps;
  }
}

const NO_COLUMN = -1;
/** `_*1000 ` in front of the first number of a metric that begins late. */
const BYTES_OF_FIRST_GAP = 7;
/** The most that a row adds to the lines of instants and places … */
const BYTES_OF_ROW = 32;
/** … and to the line of each metric that the block has. */
const BYTES_OF_CELL = 32;

/**
 * Packs the rows of a table into the lines of blocks, by the same rules as `packRows`: of one equipment
 * and hour at a time, in as few blocks as keep pages of the log cheap.
 */
export class RowPacker {
  private readonly instants: InstantRuns;
  private readonly places = new NumberRuns();
  /** Those of the block come first; the others are kept for later blocks. */
  private readonly columns: Column[] = [];
  private columnCount = 0;
  /** Index of a metric in `columns`. */
  private readonly columnOf: Int16Array;
  private lastPlace = 0;
  /** The rows of the table, group by group, as far as they are packed. */
  private readonly order: Int32Array;
  private ordered = 0;

  /** @param names of the metrics, by their numbers */
  constructor(
    private readonly table: RowTable,
    private readonly names: readonly string[],
  ) {
    this.instants = new InstantRuns(table);
    this.columnOf = new Int16Array(names.length).fill(NO_COLUMN);
    this.order = new Int32Array(table.count);
  }

  /** @param fixedBytes what a block takes beside its lines */
  *pack(group: number, fixedBytes: number): Generator<PackedColumns> {
    const rows = this.rowsOf(group);
    for (const [start, end] of this.runsOf(rows, 0, rows.length)) {
      for (let first = start; first < end;) {
        const next = this.fill(rows, first, end, fixedBytes);
        yield this.packed(rows.subarray(first, next), fixedBytes);
        first = next;
      }
    }
  }

  private rowsOf(group: number): Int32Array {
    const start = this.ordered;
    this.ordered = this.table.copyRows(group, this.order, start);
    return this.order.subarray(start, this.ordered);
  }

  /** Cuts where a gap is longer than all the rest, as `packRows` does. */
  private *runsOf(rows: Int32Array, start: number, end: number): Generator<[number, number]> {
    const firstNs = this.offsetAt(rows, start);
    const spannedNs = this.offsetAt(rows, end - 1) - firstNs;
    const cut = spannedNs <= SPAN_NS.m ? end : this.cutOf(rows, start, end, spannedNs / 2);
    if (cut === end) yield [start, end];
    else {
      yield* this.runsOf(rows, start, cut);
      yield* this.runsOf(rows, cut, end);
    }
  }

  private cutOf(rows: Int32Array, start: number, end: number, gapNs: number): number {
    let before = this.offsetAt(rows, start);
    for (let at = start + 1; at < end; at += 1) {
      const offsetNs = this.offsetAt(rows, at);
      if (offsetNs - before > gapNs) return at;
      before = offsetNs;
    }
    return end;
  }

  private offsetAt(rows: Int32Array, at: number): number {
    return this.table.offsetOf(rows[at] ?? 0);
  }

  /** Fills the next block from `first` on; answers the first row that it has no room for. */
  private fill(rows: Int32Array, first: number, end: number, fixedBytes: number): number {
    this.clear();
    const firstNs = this.offsetAt(rows, first);
    // Measuring costs more than packing: it is done where a bound says that it may matter.
    let atMost = fixedBytes;
    for (let at = first; at < end; at += 1) {
      const row = rows[at] ?? 0;
      const count = at - first;
      const offsetNs = this.table.offsetOf(row);
      const more = BYTES_OF_ROW + BYTES_OF_CELL * (this.table.cellCounts[row] ?? 0);
      if (count > 0 && !hasRoom(atMost + more, count, firstNs, offsetNs)) {
        atMost = fixedBytes + this.measure(count);
        const bytes = atMost + this.bytesToAdd(row);
        if (!hasRoom(bytes, count, firstNs, offsetNs)) return at;
      }
      const isRewritten = this.instants.add(rows, first, at);
      const columns = this.columnCount;
      this.addCells(row, count);
      this.addPlace(row);
      const isBound = !isRewritten && this.columnCount === columns;
      atMost = isBound ? atMost + more : Infinity;
    }
    return end;
  }

  private clear(): void {
    for (let at = 0; at < this.columnCount; at += 1) {
      this.columnOf[this.columns[at]?.metric ?? 0] = NO_COLUMN;
    }
    this.columnCount = 0;
    this.instants.clear();
    this.places.clear();
    this.lastPlace = 0;
  }

  private measure(readings: number): number {
    let bytes = this.instants.length + this.places.length;
    for (let at = 0; at < this.columnCount; at += 1) {
      bytes += this.columns[at]?.bytesWith(readings) ?? 0;
    }
    return bytes;
  }

  private bytesToAdd(row: number): number {
    const { stride, cellCounts, metrics, mantissas, scales } = this.table;
    const first = row * stride;
    const end = first + (cellCounts[row] ?? 0);
    let bytes = MAX_BYTES_OF_INSTANT;
    for (let at = first; at < end; at += 1) {
      bytes += decimalLength(mantissas[at] ?? 0, scales[at] ?? 0) + 1;
      const metric = metrics[at] ?? 0;
      if (this.columnOf[metric] === NO_COLUMN) {
        bytes += (this.names[metric]?.length ?? 0) + ENTRY_BYTES + BYTES_OF_FIRST_GAP;
      }
    }
    return bytes;
  }

  private addCells(row: number, count: number): void {
    const { stride, cellCounts, metrics, mantissas, scales } = this.table;
    const first = row * stride;
    const end = first + (cellCounts[row] ?? 0);
    for (let at = first; at < end; at += 1) {
      const column = this.columnFor(metrics[at] ?? 0);
      column.fillUpTo(count);
      column.add(mantissas[at] ?? 0, scales[at] ?? 0);
      column.readings = count + 1;
    }
  }

  private columnFor(metric: number): Column {
    const at = this.columnOf[metric] ?? NO_COLUMN;
    const known = at === NO_COLUMN ? undefined : this.columns[at];
    if (known) return known;
    const column = this.columns[this.columnCount] ?? new Column();
    column.begin(metric, this.names[metric] ?? '');
    this.columns[this.columnCount] = column;
    this.columnOf[metric] = this.columnCount;
    this.columnCount += 1;
    return column;
  }

  private addPlace(row: number): void {
    const place = this.table.lines[row] ?? 0;
    this.places.add(place - this.lastPlace, 0);
    this.lastPlace = place;
  }

  private packed(rows: Int32Array, fixedBytes: number): PackedColumns {
    return {
      rows,
      instants: this.instants.toString(),
      columns: this.packedColumns(rows, fixedBytes),
      places: this.places.toString(),
    };
  }

  /** As text, which people can read, unless doubles save a write unit. */
  private packedColumns(
    rows: Int32Array,
    fixedBytes: number,
  ): ReadonlyMap<string, string | Uint8Array> {
    const doublesBytes = rows.length * BYTES_PER_DOUBLE;
    let saved = 0;
    for (let at = 0; at < this.columnCount; at += 1) {
      const column = this.columns[at];
      column?.fillUpTo(rows.length);
      saved += Math.max(0, (column?.length ?? 0) - doublesBytes);
    }
    const bytes = saved > 0 ? fixedBytes + this.measure(rows.length) : 0;
    const asDoubles = saved > 0 && doublesSaveUnits(bytes, saved);
    const packed = new Map<string, string | Uint8Array>();
    for (let at = 0; at < this.columnCount; at += 1) {
      const column = this.columns[at];
      if (!column) continue;
      const isLong = asDoubles && column.length > doublesBytes;
      packed.set(column.name, isLong ? this.doublesOf(column.metric, rows) : column.toString());
    }
    return packed;
  }

  private doublesOf(metric: number, rows: Int32Array): Uint8Array {
    const doubles = new DataView(new ArrayBuffer(rows.length * BYTES_PER_DOUBLE));
    for (const [at, row] of rows.entries()) {
      doubles.setFloat64(at * BYTES_PER_DOUBLE, this.numberOf(metric, row));
    }
    return new Uint8Array(doubles.buffer);
  }

  /** NaN when the row lacks the metric. */
  private numberOf(metric: number, row: number): number {
    const { stride, cellCounts, metrics, mantissas, scales } = this.table;
    const first = row * stride;
    const end = first + (cellCounts[row] ?? 0);
    for (let at = first; at < end; at += 1) {
      if (metrics[at] === metric) return decimalValue(mantissas[at] ?? 0, scales[at] ?? 0);
    }
    return NaN;
  }
}
