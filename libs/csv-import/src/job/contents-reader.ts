import { hourOf, hourOfNumber, instantAt, numberOfHour, offsetOf } from '@sensorflow/sensor-data';
import type { RowTable } from '@sensorflow/sensor-data';
import type { Instant } from '@sensorflow/kernel';
import type { FileContents } from './file-contents.js';
import { LastRowTable, NO_ROOM } from './last-row-table.js';

/** Rows of a table that are confirmed, with what its numbers stand for. */
export interface ConfirmedRows {
  readonly table: RowTable;
  /** Those before this one count. */
  readonly end: number;
  /** But these. */
  readonly refused: ReadonlySet<number>;
  readonly equipmentIds: readonly string[];
  readonly metrics: readonly string[];
}

interface Moment {
  readonly hour: number;
  readonly offsetNs: number;
}

/**
 * Finds out what the rows of a file hold, batch by batch. A batch is looked at by equipment and hour, sorted
 * by time, so that only the order of batches matters: rows are missed as repeated where an equipment goes
 * back in time from one batch to the next.
 */
export class ContentsReader {
  private readonly last: LastRowTable;
  private first: Moment | undefined;
  private latest: Moment | undefined;
  private repeatedRows: number;
  private isRepeatedExact: boolean;
  private isEquipmentExact: boolean;
  private rows = new Int32Array(0);
  /** For the equipment and metrics of the tables at hand. */
  private entries = new Map<string, number>();
  private bits: number[] = [];

  constructor(private readonly before: FileContents) {
    this.last = new LastRowTable(before.lastRows);
    this.repeatedRows = before.repeatedRows;
    this.isRepeatedExact = before.isRepeatedExact && before.lastRows !== undefined;
    this.isEquipmentExact = before.isEquipmentExact && before.lastRows !== undefined;
    this.first = before.firstTimestamp && momentOf(before.firstTimestamp);
    this.latest = before.lastTimestamp && momentOf(before.lastTimestamp);
  }

  /** Everything up to here. */
  get contents(): FileContents {
    return {
      firstTimestamp: this.first && instantOf(this.first),
      lastTimestamp: this.latest && instantOf(this.latest),
      equipment: Math.max(this.before.equipment, this.last.size),
      isEquipmentExact: this.isEquipmentExact,
      repeatedRows: this.repeatedRows,
      isRepeatedExact: this.isRepeatedExact,
      lastRows: this.last.kept(),
    };
  }

  add(confirmed: ConfirmedRows): void {
    const { table, equipmentIds } = confirmed;
    if (this.rows.length < table.count) this.rows = new Int32Array(table.count);
    this.bits = confirmed.metrics.map((metric) => this.last.bitOf(metric));
    for (const group of groupsInOrderOfTime(table)) {
      const counted = this.countedRows(group, confirmed);
      if (counted.length === 0) continue;
      const hour = table.hourOf(group);
      this.noteMoments(table, hour, counted);
      const entry = this.entryOf(equipmentIds[table.equipmentOf(group)] ?? '');
      if (entry === NO_ROOM) this.isEquipmentExact = this.isRepeatedExact = false;
      else this.countRepeated(entry, hour, table, counted);
    }
  }

  private countedRows(group: number, { table, end, refused }: ConfirmedRows): Int32Array {
    const rows = this.rows.subarray(0, table.copyRows(group, this.rows, 0));
    if (end === table.count && refused.size === 0) return rows;
    return rows.filter((row) => row < end && !refused.has(row));
  }

  private noteMoments(table: RowTable, hour: number, rows: Int32Array): void {
    const first = { hour, offsetNs: table.offsetOf(rows[0] ?? 0) };
    const last = { hour, offsetNs: table.offsetOf(rows.at(-1) ?? 0) };
    if (!this.first || compare(first, this.first) < 0) this.first = first;
    if (!this.latest || compare(last, this.latest) > 0) this.latest = last;
  }

  private entryOf(equipmentId: string): number {
    const known = this.entries.get(equipmentId);
    if (known !== undefined) return known;
    const entry = this.last.entryOf(equipmentId);
    if (entry !== NO_ROOM) this.entries.set(equipmentId, entry);
    return entry;
  }

  /** In the order of time. Most rows lie between their neighbours, and need not be remembered. */
  private countRepeated(entry: number, hour: number, table: RowTable, rows: Int32Array): void {
    let isLatest = false;
    let beforeNs = -1;
    let offsetNs = table.offsetOf(rows[0] ?? 0);
    for (let at = 0; at < rows.length; at += 1) {
      const nextNs = at + 1 < rows.length ? table.offsetOf(rows[at + 1] ?? 0) : offsetNs;
      if (!isLatest || offsetNs === beforeNs || nextNs === offsetNs) {
        isLatest = this.remember(entry, { hour, offsetNs }, table, rows[at] ?? 0);
      }
      [beforeNs, offsetNs] = [offsetNs, nextNs];
    }
  }

  /** Whether no instant of the equipment was later. */
  private remember(
    entry: number,
    { hour, offsetNs }: Moment,
    table: RowTable,
    row: number,
  ): boolean {
    const order = this.last.compare(entry, hour, offsetNs);
    if (order < 0) {
      this.isRepeatedExact = false;
      return false;
    }
    if (order > 0) this.last.moveTo(entry, hour, offsetNs);
    if (this.addMetrics(entry, table, row)) this.repeatedRows += 1;
    return true;
  }

  /** Whether the instant had one of them before. */
  private addMetrics(entry: number, table: RowTable, row: number): boolean {
    const start = row * table.stride;
    const end = start + (table.cellCounts[row] ?? 0);
    let had = false;
    for (let cell = start; cell < end; cell += 1) {
      const bit = this.bits[table.metrics[cell] ?? 0] ?? NO_ROOM;
      if (bit === NO_ROOM) this.isRepeatedExact = false;
      else if (this.last.addMetric(entry, bit)) had = true;
    }
    return had;
  }
}

function groupsInOrderOfTime(table: RowTable): readonly number[] {
  const groups = Array.from({ length: table.groups }, (_, group) => group);
  return groups.sort((a, b) => table.hourOf(a) - table.hourOf(b));
}

function compare(a: Moment, b: Moment): number {
  return a.hour - b.hour || a.offsetNs - b.offsetNs;
}

function momentOf(instant: Instant): Moment {
  return { hour: numberOfHour(hourOf(instant)), offsetNs: offsetOf(instant) };
}

function instantOf({ hour, offsetNs }: Moment): Instant {
  return instantAt(hourOfNumber(hour), offsetNs);
}
