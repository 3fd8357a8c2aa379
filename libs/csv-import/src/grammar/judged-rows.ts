import type { Fault } from '@sensorflow/kernel';
import type { Reading, RowTable } from '@sensorflow/sensor-data';
import { EquipmentTable } from './equipment-table.js';

/** A row that became no reading, as the report shows it. */
export interface RejectedRow {
  readonly line: number;
  readonly faults: readonly [Fault, ...Fault[]];
  readonly cells: readonly string[];
}

/** A reading with names that somebody has to be asked for. */
export interface DoubtfulRow {
  readonly line: number;
  readonly cells: readonly string[];
  readonly reading: Reading;
}

/** What rows of a file came to: readings in a table, rows that are none, and those that are in doubt. */
export class JudgedRows {
  readonly rejected: RejectedRow[] = [];
  readonly doubtful: DoubtfulRow[] = [];

  constructor(
    readonly table: RowTable,
    readonly equipment: EquipmentTable,
  ) {}

  /** How many more rows may be judged. */
  get room(): number {
    return this.table.room - this.doubtful.length;
  }
}
