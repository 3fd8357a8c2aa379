import type { RowTable } from '@sensorflow/sensor-data';
import type { EquipmentTable } from '../grammar/equipment-table.js';
import { JudgedRows, type CellCounts } from '../grammar/judged-rows.js';
import type { MetricTable } from '../grammar/metric-table.js';
import type { ReadUpTo } from './import-progress.js';

/** A line of the error report, and the line of the file that it is about. */
export interface ReportLine {
  readonly line: number;
  readonly text: string;
}

/** How far a batch is judged to the end: what counts, once its readings are confirmed. */
interface JudgedUpTo extends ReadUpTo {
  readonly readings: number;
  /** Accepted rows of which nothing is stored. */
  readonly emptyRows: number;
  readonly rejectedRows: number;
  readonly cells: CellCounts;
  readonly reportLines: number;
}

/**
 * Rows that are packed and confirmed together: the next rows of the file, from the end of the batch before.
 * It may hold readings behind `upTo`, when a run ends in the middle of what it was judging: they are written
 * too, and again by the next run, and count there.
 */
export class RowBatch {
  readonly rows: JudgedRows;
  readonly reportLines: ReportLine[] = [];
  reportBytes = 0;
  rejectedRows = 0;
  upTo: JudgedUpTo | undefined;

  constructor(
    table: RowTable,
    equipment: EquipmentTable,
    metrics: MetricTable,
    readonly openedEpochMs: number,
  ) {
    table.clear();
    this.rows = new JudgedRows(table, equipment, metrics);
  }

  report(line: ReportLine): void {
    this.reportLines.push(line);
    this.reportBytes += Buffer.byteLength(line.text);
  }

  /** All that was read up to this place is judged. */
  mark(read: ReadUpTo): void {
    const { rows, rejectedRows, reportLines } = this;
    this.upTo = {
      ...read,
      readings: rows.table.count,
      emptyRows: rows.emptyRows,
      rejectedRows,
      cells: rows.cells,
      reportLines: reportLines.length,
    };
  }
}
