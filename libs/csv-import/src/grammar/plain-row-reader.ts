import {
  isPlainDecimal,
  MAX_DECIMAL_DIGITS,
  MAX_METRICS_PER_READING,
  powerOfTen,
  type RowTable,
} from '@sensorflow/sensor-data';
import { CR, LF, QUOTE, SPACE } from '../text/csv-record.js';
import type { EquipmentTable } from './equipment-table.js';
import type { FileColumns } from './file-columns.js';
import type { DecimalSign, Delimiter } from './import-options.js';
import { IsoInstants, NOT_PLAIN, type PlainInstants } from './plain-instants.js';
import type { TimestampReader } from './row-timestamp.js';

const ZERO = 0x30;
const MINUS = 0x2d;
const DELETE = 0x7f;

/** Roles of columns; metrics have their numbers. */
const EQUIPMENT = -1;
const TIMESTAMP = -2;
const LEFT_OUT = -3;

/**
 * Reads rows of the plainest kind from their bytes: no quotes, no blanks, ASCII alone, numbers of up to 15
 * digits without an exponent. It refuses whatever is not plain, sound or not, and knows no faults: the
 * careful way (`readFields`, `RowReader`) has the word on those, and says the same of the plain ones.
 */
export class PlainRowReader {
  /** Of the row that was read. */
  cells = 0;
  readonly instants: PlainInstants;

  private readonly roles: Int16Array;
  private readonly delimiter: number;
  private readonly decimal: number;

  constructor(
    columns: FileColumns,
    dialect: { readonly delimiter: Delimiter; readonly decimal: DecimalSign },
    private readonly maxRowBytes: number,
    readTimestamp: TimestampReader,
  ) {
    this.roles = rolesOf(columns);
    this.delimiter = dialect.delimiter.charCodeAt(0);
    this.decimal = dialect.decimal.charCodeAt(0);
    this.instants = new IsoInstants(readTimestamp);
  }

  /**
   * Reads the row that begins at `start` as the next one of the table, but does not add it; answers where the
   * row behind it begins, or NOT_PLAIN. A line end must follow somewhere.
   */
  read(text: Uint8Array, start: number, table: RowTable, equipment: EquipmentTable): number {
    const { roles } = this;
    const last = roles.length - 1;
    let at = start;
    this.cells = 0;
    for (let column = 0; column <= last; column += 1) {
      at = this.readCell(text, at, roles[column] ?? LEFT_OUT, table, equipment);
      if (at === NOT_PLAIN) return NOT_PLAIN;
      if (column === last) break;
      if (text[at] !== this.delimiter) return NOT_PLAIN;
      at += 1;
    }
    const isTooLong = at - start > this.maxRowBytes;
    if (this.cells === 0 || this.cells > MAX_METRICS_PER_READING || isTooLong) return NOT_PLAIN;
    if (text[at] === CR) at += 1;
    return text[at] === LF ? at + 1 : NOT_PLAIN;
  }

  private readCell(
    text: Uint8Array,
    start: number,
    role: number,
    table: RowTable,
    equipment: EquipmentTable,
  ): number {
    if (role >= 0) return this.readNumber(text, start, role, table);
    if (role === TIMESTAMP) return this.instants.read(text, start);
    if (role === LEFT_OUT) return this.skip(text, start);
    const end = equipment.read(text, start);
    return equipment.found < 0 ? NOT_PLAIN : end;
  }

  /** An empty cell is no number, and no fault. */
  private readNumber(text: Uint8Array, start: number, metric: number, table: RowTable): number {
    const isNegative = text[start] === MINUS;
    let at = isNegative ? start + 1 : start;
    let digit = digitAt(text, at);
    if (digit > 9) return isNegative ? NOT_PLAIN : start;
    const first = at;
    let mantissa = 0;
    for (; digit <= 9; digit = digitAt(text, ++at)) mantissa = mantissa * 10 + digit;
    let digits = at - first;
    if (digits > 1 && text[first] === ZERO) return NOT_PLAIN;
    let scale = 0;
    if (text[at] === this.decimal) {
      const point = at;
      let zeros = 0;
      for (digit = digitAt(text, ++at); digit <= 9; digit = digitAt(text, ++at)) {
        mantissa = mantissa * 10 + digit;
        zeros = digit === 0 ? zeros + 1 : 0;
      }
      scale = at - point - 1;
      digits += scale;
      if (scale === 0 || digits > MAX_DECIMAL_DIGITS) return NOT_PLAIN;
      if (zeros > 0) {
        scale -= zeros;
        mantissa /= powerOfTen(zeros);
      }
    }
    if (digits > MAX_DECIMAL_DIGITS || this.cells >= table.stride) return NOT_PLAIN;
    if (mantissa === 0) scale = 0;
    else if (!isPlainDecimal(mantissa, scale)) return NOT_PLAIN;
    table.setCell(this.cells, metric, isNegative && mantissa !== 0 ? -mantissa : mantissa, scale);
    this.cells += 1;
    return at;
  }

  private skip(text: Uint8Array, start: number): number {
    const { delimiter } = this;
    for (let at = start; ; at += 1) {
      const byte = text[at] ?? LF;
      if (byte === delimiter || byte === LF || byte === CR) return at;
      if (byte < SPACE || byte >= DELETE || byte === QUOTE) return NOT_PLAIN;
    }
  }
}

/** Above 9 for what is no digit. */
function digitAt(text: Uint8Array, at: number): number {
  return ((text[at] ?? 0) - ZERO) >>> 0;
}

function rolesOf({ names, equipmentIdAt, timestampAt, metrics }: FileColumns): Int16Array {
  const roles = new Int16Array(names.length).fill(LEFT_OUT);
  for (const [number, { at }] of metrics.entries()) roles[at] = number;
  roles[equipmentIdAt] = EQUIPMENT;
  roles[timestampAt] = TIMESTAMP;
  return roles;
}
