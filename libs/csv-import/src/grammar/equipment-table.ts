import { parseEquipmentId } from '@sensorflow/sensor-data';
import { bytesOf, NameTable } from './name-table.js';

/** Distinct equipment of one table: with ids of full length, some ten megabytes. */
export const MAX_EQUIPMENT = 2 ** 15;

const IN_ID = bytesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-');

/** Numbers for the equipment ids of a file. */
export class EquipmentTable extends NameTable {
  constructor() {
    super(MAX_EQUIPMENT, IN_ID);
  }

  protected override accepts(id: string): boolean {
    return parseEquipmentId(id).ok;
  }

  get ids(): readonly string[] {
    return this.names;
  }
}
