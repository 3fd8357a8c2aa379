import type { Fault } from '@sensorflow/kernel';
import type { Reading, RowTable } from '@sensorflow/sensor-data';
import type { EquipmentTable } from './equipment-table.js';
import type { MetricTable } from './metric-table.js';

/** A row of which the report speaks: it became no reading, or some of its cells no values. */
export interface ReportedRow {
  readonly line: number;
  readonly isRejected: boolean;
  readonly faults: readonly [Fault, ...Fault[]];
  /** As they are to be corrected: of a row that was accepted, without the values that are stored. */
  readonly cells: readonly string[];
}

/** What became of the cells for metrics: stored, refused or stored with no row, without a value. */
export interface CellCounts {
  readonly accepted: number;
  readonly rejected: number;
  readonly missing: number;
}

export const NO_CELLS: CellCounts = { accepted: 0, rejected: 0, missing: 0 };

/** A reading with names that somebody has to be asked for. */
export interface DoubtfulRow {
  readonly line: number;
  readonly cells: readonly string[];
  readonly reading: Reading;
}

/**
 * What rows of a file came to: readings in a table, rows that are none, and those that are in doubt. The cells
 * of rows in doubt are counted once they are settled.
 */
export class JudgedRows {
  readonly reported: ReportedRow[] = [];
  readonly doubtful: DoubtfulRow[] = [];
  /** Accepted rows without a value: nothing of them is stored. */
  emptyRows = 0;
  acceptedCells = 0;
  rejectedCells = 0;
  missingCells = 0;

  constructor(
    readonly table: RowTable,
    readonly equipment: EquipmentTable,
    readonly metrics: MetricTable,
  ) {}

  /** How many more rows may be judged. */
  get room(): number {
    return this.table.room - this.doubtful.length;
  }

  /** How many more rows may bring names that were not there before. */
  get roomForNames(): number {
    return Math.min(this.equipment.room, this.metrics.room);
  }

  get cells(): CellCounts {
    return {
      accepted: this.acceptedCells,
      rejected: this.rejectedCells,
      missing: this.missingCells,
    };
  }

  count({ accepted, rejected, missing }: CellCounts): void {
    this.acceptedCells += accepted;
    this.rejectedCells += rejected;
    this.missingCells += missing;
  }
}
