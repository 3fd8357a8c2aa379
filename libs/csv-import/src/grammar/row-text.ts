import { showInstant } from '@sensorflow/kernel';
import { decimalValue, instantAt, type RowTable } from '@sensorflow/sensor-data';
import type { FileColumns } from './file-columns.js';
import type { DecimalSign } from './import-options.js';

interface EquipmentHour {
  readonly equipmentId: string;
  readonly hour: string;
}

/** Shows a row of a table in the columns of its file: as it was understood, not as it was written. */
export class RowText {
  constructor(
    private readonly columns: FileColumns,
    private readonly decimal: DecimalSign,
  ) {}

  /** Of a row in a block of this equipment and hour; `metrics` are those of the table. */
  cellsOf(
    table: RowTable,
    row: number,
    { equipmentId, hour }: EquipmentHour,
    metrics: readonly string[],
  ): readonly string[] {
    const { names, equipment, timestampAt, long } = this.columns;
    const cells = names.map(() => '');
    if ('at' in equipment) cells[equipment.at] = equipmentId;
    cells[timestampAt[0]] = showInstant(instantAt(hour, table.offsetOf(row)));
    const first = row * table.stride;
    const end = first + (table.cellCounts[row] ?? 0);
    for (let at = first; at < end; at += 1) {
      const metric = table.metrics[at] ?? 0;
      const number = String(decimalValue(table.mantissas[at] ?? 0, table.scales[at] ?? 0));
      if (long) cells[long.metricAt] = metrics[metric] ?? '';
      cells[long ? long.valueAt : (this.columns.metrics[metric]?.at ?? 0)] = number.replace(
        '.',
        this.decimal,
      );
    }
    return cells;
  }
}
