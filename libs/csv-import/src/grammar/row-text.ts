import { showInstant } from '@sensorflow/kernel';
import { decimalValue, instantAt, type RowTable } from '@sensorflow/sensor-data';
import type { FileColumns } from './file-columns.js';
import type { DecimalSign } from './import-options.js';

/** Shows a row of a table in the columns of its file: as it was understood, not as it was written. */
export class RowText {
  constructor(
    private readonly columns: FileColumns,
    private readonly decimal: DecimalSign,
  ) {}

  /** Of a row in a block of this equipment and hour. */
  cellsOf(table: RowTable, row: number, { equipmentId, hour }: EquipmentHour): readonly string[] {
    const { names, equipmentIdAt, timestampAt, metrics } = this.columns;
    const cells = names.map(() => '');
    cells[equipmentIdAt] = equipmentId;
    cells[timestampAt] = showInstant(instantAt(hour, table.offsetOf(row)));
    const first = row * table.stride;
    const end = first + (table.cellCounts[row] ?? 0);
    for (let at = first; at < end; at += 1) {
      const column = metrics[table.metrics[at] ?? 0];
      const number = String(decimalValue(table.mantissas[at] ?? 0, table.scales[at] ?? 0));
      if (column) cells[column.at] = number.replace('.', this.decimal);
    }
    return cells;
  }
}

interface EquipmentHour {
  readonly equipmentId: string;
  readonly hour: string;
}
