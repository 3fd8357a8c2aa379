import type { EquipmentRestriction } from '@sensorflow/auth';
import type { RowTable } from '@sensorflow/sensor-data';
import type { NameCheck } from '../grammar/row-parser.js';

/** Lets no row pass at once that is of other equipment than its import may bring. */
export class EquipmentAdmission implements NameCheck {
  constructor(
    private readonly restriction: EquipmentRestriction,
    private readonly names: NameCheck,
  ) {}

  admits(equipmentId: string, equipment: number, table: RowTable, cells: number): boolean {
    return (
      this.restriction.allows(equipmentId) &&
      this.names.admits(equipmentId, equipment, table, cells)
    );
  }
}
