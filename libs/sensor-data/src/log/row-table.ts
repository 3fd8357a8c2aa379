import { HOUR_NS, type OffsetNs } from './hour-time.js';
import { AS_DOUBLE, plainDecimalOf } from './plain-decimal.js';

/** How much a table holds. */
export interface RowTableSize {
  readonly rows: number;
  /** Metrics of one row. */
  readonly metrics: number;
  /** Equipment have numbers below this. */
  readonly equipment: number;
}

/**
 * Rows of a file that wait to be packed, in typed arrays: about fifty bytes a row, without work for the garbage
 * collector. The reader of the file numbers equipment and metrics; hours count from 1970. Rows of one equipment and
 * hour are linked, wherever they are in the file.
 */
export class RowTable {
  readonly offsetsNs: Float64Array;
  /** Lines of the file, from 1. */
  readonly lines: Uint32Array;
  /** The cells of row n begin at n × `stride`. */
  readonly cellCounts: Uint8Array;
  readonly stride: number;
  readonly metrics: Uint16Array;
  /** See plain-decimal. */
  readonly mantissas: Float64Array;
  readonly scales: Uint8Array;

  private readonly nextRow: Int32Array;
  private readonly groupEquipment: Int32Array;
  private readonly groupHour: Int32Array;
  private readonly firstRow: Int32Array;
  private readonly lastRow: Int32Array;
  private readonly groupRows: Int32Array;
  /** The group of each equipment that had a row last. */
  private readonly latestGroup: Int32Array;
  private readonly groupsByHour = new Map<number, number>();
  private rowCount = 0;
  private groupCount = 0;

  constructor(private readonly size: RowTableSize) {
    const { rows, metrics } = size;
    this.stride = metrics;
    this.offsetsNs = new Float64Array(rows);
    this.lines = new Uint32Array(rows);
    this.cellCounts = new Uint8Array(rows);
    this.metrics = new Uint16Array(rows * metrics);
    this.mantissas = new Float64Array(rows * metrics);
    this.scales = new Uint8Array(rows * metrics);
    this.nextRow = new Int32Array(rows);
    this.groupEquipment = new Int32Array(rows);
    this.groupHour = new Int32Array(rows);
    this.firstRow = new Int32Array(rows);
    this.lastRow = new Int32Array(rows);
    this.groupRows = new Int32Array(rows);
    this.latestGroup = new Int32Array(size.equipment).fill(NONE);
  }

  get count(): number {
    return this.rowCount;
  }

  /** Pairs of equipment and hour. */
  get groups(): number {
    return this.groupCount;
  }

  /** How many rows still fit. */
  get room(): number {
    return this.size.rows - this.rowCount;
  }

  clear(): void {
    this.rowCount = 0;
    this.groupCount = 0;
    this.groupsByHour.clear();
    this.latestGroup.fill(NONE);
  }

  /** Sets a cell of the next row, which `addRow` adds. */
  setCell(cell: number, metric: number, mantissa: number, scale: number): void {
    const at = this.rowCount * this.stride + cell;
    this.metrics[at] = metric;
    this.mantissas[at] = mantissa;
    this.scales[at] = scale;
  }

  /** The same for any double. */
  setNumber(cell: number, metric: number, value: number): void {
    const plain = plainDecimalOf(value);
    if (plain) this.setCell(cell, metric, plain.mantissa, plain.scale);
    else this.setCell(cell, metric, value, AS_DOUBLE);
  }

  /** There must be room. An offset of an hour or more is one of the next hour. */
  addRow(
    equipment: number,
    hour: number,
    offsetNs: OffsetNs,
    line: number,
    cellCount: number,
  ): void {
    const row = this.rowCount;
    const isNextHour = offsetNs >= HOUR_NS;
    this.offsetsNs[row] = isNextHour ? offsetNs - HOUR_NS : offsetNs;
    this.lines[row] = line;
    this.cellCounts[row] = cellCount;
    this.rowCount = row + 1;
    this.chain(row, this.groupOf(equipment, isNextHour ? hour + 1 : hour));
  }

  private chain(row: number, group: number): void {
    const rows = this.groupRows[group] ?? 0;
    if (rows === 0) this.firstRow[group] = row;
    else this.nextRow[this.lastRow[group] ?? 0] = row;
    this.lastRow[group] = row;
    this.groupRows[group] = rows + 1;
  }

  private groupOf(equipment: number, hour: number): number {
    const latest = this.latestGroup[equipment] ?? NONE;
    if (latest !== NONE && this.groupHour[latest] === hour) return latest;
    const key = hour * this.size.equipment + equipment;
    const group = this.groupsByHour.get(key) ?? this.openGroup(key, equipment, hour);
    this.latestGroup[equipment] = group;
    return group;
  }

  private openGroup(key: number, equipment: number, hour: number): number {
    const group = this.groupCount;
    this.groupCount = group + 1;
    this.groupEquipment[group] = equipment;
    this.groupHour[group] = hour;
    this.groupRows[group] = 0;
    this.groupsByHour.set(key, group);
    return group;
  }

  equipmentOf(group: number): number {
    return this.groupEquipment[group] ?? 0;
  }

  hourOf(group: number): number {
    return this.groupHour[group] ?? 0;
  }

  /**
   * Copies the rows of a group in order of time; of one instant, in the order in which they were added.
   * Answers where they end.
   */
  copyRows(group: number, to: Int32Array, start: number): number {
    const end = start + (this.groupRows[group] ?? 0);
    let row = this.firstRow[group] ?? 0;
    let before = 0;
    let isSorted = true;
    for (let at = start; at < end; at += 1) {
      to[at] = row;
      const offsetNs = this.offsetsNs[row] ?? 0;
      if (offsetNs < before) isSorted = false;
      before = offsetNs;
      row = this.nextRow[row] ?? 0;
    }
    if (!isSorted) {
      to.subarray(start, end).sort((a, b) => this.offsetOf(a) - this.offsetOf(b) || a - b);
    }
    return end;
  }

  offsetOf(row: number): OffsetNs {
    return this.offsetsNs[row] ?? 0;
  }
}

const NONE = -1;
