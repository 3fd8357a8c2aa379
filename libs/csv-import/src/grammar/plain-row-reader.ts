import { isUtf8 } from 'node:buffer';
import {
  decimalValue,
  isPlainDecimal,
  MAX_DECIMAL_DIGITS,
  powerOfTen,
  type RowTable,
} from '@sensorflow/sensor-data';
import { CR, LF, QUOTE, SPACE } from '../text/csv-record.js';
import { parseCellNumber } from './cell-number.js';
import { ROLE, rolesOf } from './column-roles.js';
import { metricsPerRow, type FileColumns } from './file-columns.js';
import type { DecimalSign, Delimiter } from './import-options.js';
import type { JudgedRows } from './judged-rows.js';
import type { MissingCells } from './missing-cells.js';
import { NOT_PLAIN, type PlainInstants } from './plain-instants.js';
import { RowInstants } from './row-instants.js';
import type { TimestampReader } from './timestamp-reader.js';

const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;
const TAB = 0x09;
const DELETE = 0x7f;
const LETTER_E = 0x65;
const LOWER_CASE = 0x20;
/** Longer ones are read the careful way. */
const MAX_NUMBER_BYTES = 64;

export interface PlainDialect {
  readonly delimiter: Delimiter;
  readonly decimal: DecimalSign;
  readonly missing: MissingCells;
  readonly timestamps: TimestampReader;
  /** Whether a timestamp means the same wherever it stands in the file. */
  readonly areTimestampsIndependent: boolean;
  readonly maxRowBytes: number;
}

/**
 * Reads rows from their bytes whose cells are all sound, with or without quotes and blanks around them. It refuses whatever is not plain, sound or not, and knows no faults:
 * the careful way (`readFields`, `RowReader`) has the word on those, and says the same of the plain ones.
 */
export class PlainRowReader {
  /** Of the row that was read. */
  cells = 0;
  missing = 0;
  equipment = 0;
  hour = 0;
  offsetNs = 0;

  private readonly roles: Int16Array;
  private readonly delimiter: number;
  private readonly decimal: number;
  private readonly decimalSign: DecimalSign;
  private readonly maxRowBytes: number;
  private readonly missingCells: MissingCells;
  private readonly plainInstants: PlainInstants | undefined;
  private readonly instants: RowInstants;
  private readonly maxCells: number;
  /** Where date and time stand, when they are apart. */
  private dateStart = 0;
  private dateEnd = 0;
  private timeStart = 0;
  private timeEnd = 0;
  /** Of a long file. */
  private metric = 0;
  private mantissa = 0;
  private scale = 0;
  /** The number itself, unless mantissa and scale are it. */
  private number: number | undefined;
  /** Bytes beyond ASCII were passed over. */
  private hasOthers = false;
  private isRead = false;

  constructor(
    private readonly columns: FileColumns,
    dialect: PlainDialect,
  ) {
    const { delimiter, decimal, missing, timestamps, maxRowBytes } = dialect;
    this.roles = rolesOf(columns);
    this.delimiter = delimiter.charCodeAt(0);
    this.decimal = decimal.charCodeAt(0);
    this.decimalSign = decimal;
    this.missingCells = missing;
    this.maxRowBytes = maxRowBytes;
    this.maxCells = metricsPerRow(columns);
    this.instants = new RowInstants(timestamps, dialect.areTimestampsIndependent);
    const isApart = columns.timestampAt.length > 1;
    this.plainInstants = isApart ? undefined : timestamps.plainInstants(delimiter);
  }

  /** To be told before rows are read. */
  setClock(nowEpochMs: number): void {
    this.plainInstants?.setClock(nowEpochMs);
    this.instants.setClock(nowEpochMs);
  }

  /**
   * Reads the row that begins at `start` as the next one of the table, but does not add it; answers where the
   * row behind it begins, or NOT_PLAIN. A line end must follow somewhere.
   */
  read(text: Uint8Array, start: number, rows: JudgedRows): number {
    const { roles, delimiter } = this;
    const last = roles.length - 1;
    let at = start;
    this.cells = 0;
    this.missing = 0;
    this.hasOthers = false;
    for (let column = 0; column <= last; column += 1) {
      at = this.readColumn(text, at, roles[column] ?? ROLE.LEFT_OUT, rows);
      if (at === NOT_PLAIN) return NOT_PLAIN;
      if (column === last) break;
      if (text[at] !== delimiter) return NOT_PLAIN;
      at += 1;
    }
    // Behind the named columns there may be others that are always empty.
    while (text[at] === delimiter) at = this.passBlanks(text, at + 1);
    if (at - start > this.maxRowBytes || !this.complete(text, rows)) return NOT_PLAIN;
    if (this.hasOthers && !isUtf8(text.subarray(start, at))) return NOT_PLAIN;
    if (text[at] === CR && text[at + 1] !== LF) return at + 1;
    if (text[at] === CR) at += 1;
    return text[at] === LF ? at + 1 : NOT_PLAIN;
  }

  /** One cell, with the quotes and the blanks around it. */
  private readColumn(text: Uint8Array, start: number, role: number, rows: JudgedRows): number {
    let at = start;
    const first = text[at] ?? 0;
    if (first === QUOTE) return this.readQuoted(text, at + 1, role, rows);
    if (first === SPACE || first === TAB) {
      at = this.passBlanks(text, at);
      if (text[at] === QUOTE) return NOT_PLAIN;
    }
    at = this.readCell(text, at, role, rows);
    if (at === NOT_PLAIN) return NOT_PLAIN;
    const next = text[at] ?? 0;
    return next === SPACE || next === TAB ? this.passBlanks(text, at) : at;
  }

  private readQuoted(text: Uint8Array, start: number, role: number, rows: JudgedRows): number {
    let at = this.readCell(text, start, role, rows, true);
    if (at === NOT_PLAIN || text[at] !== QUOTE) return NOT_PLAIN;
    at += 1;
    while (text[at] === SPACE) at += 1;
    return at;
  }

  private readCell(
    text: Uint8Array,
    start: number,
    role: number,
    rows: JudgedRows,
    isQuoted = false,
  ): number {
    if (role >= 0 || role === ROLE.VALUE) return this.readNumber(text, start, role, rows, isQuoted);
    if (role === ROLE.TIMESTAMP) return this.readTimestamp(text, start, isQuoted);
    if (role === ROLE.EQUIPMENT) {
      const end = rows.equipment.read(text, start);
      this.equipment = rows.equipment.found;
      return this.equipment < 0 ? NOT_PLAIN : end;
    }
    if (role === ROLE.METRIC) {
      const end = this.endOfText(text, start, isQuoted);
      this.metric = rows.metrics.find(text, start, end);
      return this.metric < 0 ? NOT_PLAIN : end;
    }
    return role === ROLE.LEFT_OUT
      ? this.pass(text, start, isQuoted)
      : this.keepPlace(text, start, role, isQuoted);
  }

  private readTimestamp(text: Uint8Array, start: number, isQuoted: boolean): number {
    const { plainInstants } = this;
    if (plainInstants) {
      const end = plainInstants.read(text, start);
      if (end !== NOT_PLAIN && this.isEnd(text[end] ?? 0, isQuoted)) {
        this.hour = plainInstants.hour;
        this.offsetNs = plainInstants.offsetNs;
        this.isRead = true;
        return end;
      }
    }
    this.isRead = false;
    return this.keepPlace(text, start, ROLE.DATE, isQuoted);
  }

  private keepPlace(text: Uint8Array, start: number, role: number, isQuoted: boolean): number {
    const end = this.endOfText(text, start, isQuoted);
    if (role === ROLE.DATE) {
      this.dateStart = start;
      this.dateEnd = end;
    } else {
      this.timeStart = start;
      this.timeEnd = end;
    }
    return end;
  }

  /** What can only be known at the end of the row. */
  private complete(text: Uint8Array, rows: JudgedRows): boolean {
    const { columns, instants } = this;
    if (!this.isRead || columns.timestampAt.length === 2) {
      const { dateStart, dateEnd, timeStart, timeEnd } = this;
      if (!instants.read(text, dateStart, dateEnd, timeStart, timeEnd)) return false;
      this.hour = instants.hour;
      this.offsetNs = instants.offsetNs;
    }
    if (columns.long && this.cells > 0) {
      if (this.number === undefined) {
        rows.table.setCell(0, this.metric, this.mantissa, this.scale);
      } else rows.table.setNumber(0, this.metric, this.number);
    }
    return true;
  }

  /** A cell that means no value is no number, and no fault. */
  private readNumber(
    text: Uint8Array,
    start: number,
    role: number,
    { table }: JudgedRows,
    isQuoted: boolean,
  ): number {
    const sign = text[start];
    let at = sign === MINUS || sign === PLUS ? start + 1 : start;
    const written = at;
    while (text[at] === ZERO) at += 1;
    let first = at;
    let mantissa = 0;
    let digit = digitAt(text, at);
    for (; digit <= 9; digit = digitAt(text, ++at)) mantissa = mantissa * 10 + digit;
    let digits = at - first;
    let scale = 0;
    let hasDigits = at > written;
    if (text[at] === this.decimal) {
      let zeros = 0;
      first = at + 1;
      for (digit = digitAt(text, ++at); digit <= 9; digit = digitAt(text, ++at)) {
        mantissa = mantissa * 10 + digit;
        zeros = digit === 0 ? zeros + 1 : 0;
      }
      scale = at - first;
      hasDigits ||= scale > 0;
      digits += scale;
      if (digits > MAX_DECIMAL_DIGITS) return this.readByText(text, start, role, table, isQuoted);
      if (zeros > 0) {
        scale -= zeros;
        mantissa /= powerOfTen(zeros);
      }
    }
    if (!hasDigits) return this.readMissing(text, start, isQuoted);
    if (this.cells >= this.maxCells) return NOT_PLAIN;
    if (mantissa === 0) scale = 0;
    const hasExponent = ((text[at] ?? 0) | LOWER_CASE) === LETTER_E;
    if (hasExponent || digits > MAX_DECIMAL_DIGITS || !isPlainDecimal(mantissa, scale)) {
      return this.readByText(text, start, role, table, isQuoted);
    }
    const signed = sign === MINUS && mantissa !== 0 ? -mantissa : mantissa;
    if (this.meansMissing(signed, scale)) {
      this.missing += 1;
      return at;
    }
    this.mantissa = signed;
    this.scale = scale;
    this.number = undefined;
    if (role >= 0) table.setCell(this.cells, role, signed, scale);
    this.cells += 1;
    return at;
  }

  /** Numbers with an exponent, or with more digits than a double holds for sure: their text says which they are. */
  private readByText(
    text: Uint8Array,
    start: number,
    role: number,
    table: RowTable,
    isQuoted: boolean,
  ): number {
    const end = this.endOfText(text, start, isQuoted);
    if (end - start > MAX_NUMBER_BYTES || this.cells >= this.maxCells) return NOT_PLAIN;
    const cell = Buffer.from(text.buffer, text.byteOffset + start, end - start).toString('latin1');
    const number = parseCellNumber(cell, this.decimalSign);
    if (!number.ok) return NOT_PLAIN;
    if (this.missingCells.numbers.includes(number.value)) {
      this.missing += 1;
      return end;
    }
    if (role >= 0) table.setNumber(this.cells, role, number.value);
    this.number = number.value;
    this.cells += 1;
    return end;
  }

  private meansMissing(mantissa: number, scale: number): boolean {
    const { numbers } = this.missingCells;
    return numbers.length > 0 && numbers.includes(decimalValue(mantissa, scale));
  }

  private readMissing(text: Uint8Array, start: number, isQuoted: boolean): number {
    const end = this.endOfText(text, start, isQuoted);
    if (!this.missingCells.hasBytes(text, start, end)) return NOT_PLAIN;
    this.missing += 1;
    return end;
  }

  /** Where a cell's text ends, without the blanks behind it. */
  private endOfText(text: Uint8Array, start: number, isQuoted: boolean): number {
    let end = start;
    for (let at = start; ; at += 1) {
      const byte = text[at] ?? LF;
      if (byte === QUOTE || byte === LF || byte === CR) return end;
      if (byte === this.delimiter && !isQuoted) return end;
      if (byte !== SPACE && byte !== TAB) end = at + 1;
    }
  }

  /** Whether the byte ends a cell, or its text. */
  private isEnd(byte: number, isQuoted: boolean): boolean {
    if (byte === QUOTE || byte === LF || byte === CR) return true;
    return !isQuoted && (byte === this.delimiter || byte === SPACE || byte === TAB);
  }

  private pass(text: Uint8Array, start: number, isQuoted: boolean): number {
    const { delimiter } = this;
    for (let at = start; ; at += 1) {
      const byte = text[at] ?? LF;
      if (byte === LF || byte === CR || byte === QUOTE) return at;
      if (byte === delimiter && !isQuoted) return at;
      if (byte < SPACE || byte === DELETE) return NOT_PLAIN;
      if (byte > DELETE) this.hasOthers = true;
    }
  }

  private passBlanks(text: Uint8Array, start: number): number {
    let at = start;
    while (text[at] === SPACE || (text[at] === TAB && this.delimiter !== TAB)) at += 1;
    return at;
  }
}

/** Above 9 for what is no digit. */
function digitAt(text: Uint8Array, at: number): number {
  return ((text[at] ?? 0) - ZERO) >>> 0;
}
