import {
  hourOf,
  hourOfNumber,
  HOUR_NS,
  instantAt,
  numberOfHour,
  offsetOf,
  decimalValue,
  type Reading,
  type RowTable,
} from '@sensorflow/sensor-data';
import { LF, type RecordBlock, type TextPlace } from '../text/csv-record.js';
import { RecordSplitter } from '../text/record-splitter.js';
import { readFields, type FieldsFault, type RecordFields } from './csv-fields.js';
import { NO_TAGS, RowReader } from './csv-row.js';
import type { FileColumns } from './file-columns.js';
import type { DecimalSign, Delimiter } from './import-options.js';
import type { JudgedRows } from './judged-rows.js';
import { NOT_PLAIN } from './plain-instants.js';
import { PlainRowReader } from './plain-row-reader.js';
import type { TimestampReader } from './row-timestamp.js';

/** Whether an equipment may have these metrics; told at once, or not known yet. */
export abstract class NameCheck {
  /** Of the row that comes next in the table: its first so many cells. */
  abstract admits(equipmentId: string, equipment: number, table: RowTable, cells: number): boolean;
}

export interface RowGrammar {
  readonly columns: FileColumns;
  readonly delimiter: Delimiter;
  readonly decimal: DecimalSign;
  readonly readTimestamp: TimestampReader;
  readonly maxRowBytes: number;
  /** Rows that are not plain are read together, so many at most. */
  readonly maxBlockRows: number;
}

const DETAILS: Readonly<Record<FieldsFault, string>> = {
  'unclosed-quote': 'A quoted field is not closed.',
  'quote-malformed': 'A closing quote must be followed by the delimiter or the end of the line.',
  'embedded-newline': 'A field runs over a line end.',
  'row-too-long': 'The row is longer than 64 KiB.',
  'encoding-invalid': 'The row is not valid text in the encoding of the file.',
};
/** So many plain rows in a row, and the next one that is not is taken for an exception again. */
const MANY_PLAIN_ROWS = 64;

/**
 * Turns text into judged rows. Plain rows are read straight from their bytes; one that is not goes the
 * careful way, and the more of them follow each other, the more of them go together.
 */
export class RowParser {
  private readonly plain: PlainRowReader;
  private readonly careful: RowReader;
  private readonly splitter: RecordSplitter;
  private readonly metricNumbers: ReadonlyMap<string, number>;
  private carefulRows = 1;

  constructor(
    private readonly grammar: RowGrammar,
    private readonly names: NameCheck,
    place: TextPlace,
  ) {
    const { columns, delimiter, decimal, maxRowBytes, readTimestamp } = grammar;
    this.plain = new PlainRowReader(columns, { delimiter, decimal }, maxRowBytes, readTimestamp);
    this.careful = new RowReader(columns, { decimal, readTimestamp });
    this.splitter = new RecordSplitter(place, delimiter, maxRowBytes);
    this.metricNumbers = new Map(columns.metrics.map(({ name }, number) => [name, number]));
  }

  /** Where the next row begins. */
  get place(): TextPlace {
    return this.splitter.place;
  }

  /**
   * Judges rows for as long as there are whole ones, and room for them. Answers how many bytes need not be
   * shown again. `final`: no bytes will follow.
   */
  parse(text: Buffer, final: boolean, rows: JudgedRows, nowEpochMs: number): number {
    this.plain.instants.setClock(nowEpochMs);
    const plainEnd = text.lastIndexOf(LF) + 1;
    for (let at = 0; ;) {
      if (!this.splitter.isInsideRow) at += this.parsePlain(text, at, plainEnd, rows);
      const room = Math.min(this.carefulRows, rows.room, rows.equipment.room);
      if (room <= 0) return at;
      const { block, consumed } = this.splitter.split(text.subarray(at), final, room);
      at += consumed;
      if (block) this.parseCarefully(block, rows, nowEpochMs);
      else if (consumed === 0) return at;
    }
  }

  private parsePlain(text: Buffer, start: number, end: number, rows: JudgedRows): number {
    const { plain, names } = this;
    const { table, equipment } = rows;
    const { instants } = plain;
    const { line } = this.splitter.place;
    let at = start;
    let count = 0;
    for (let { room } = rows; at < end && count < room; count += 1) {
      const next = plain.read(text, at, table, equipment);
      if (next === NOT_PLAIN) break;
      const { found } = equipment;
      if (names.admits(equipment.ids[found] ?? '', found, table, plain.cells)) {
        table.addRow(found, instants.hour, instants.offsetNs, line + count, plain.cells);
      } else this.doubtPlain(text.subarray(at, next), line + count, rows);
      at = next;
    }
    this.splitter.pass(at - start, count);
    if (count >= MANY_PLAIN_ROWS) this.carefulRows = 1;
    return at - start;
  }

  private doubtPlain(text: Buffer, line: number, rows: JudgedRows): void {
    const cells = text.toString('latin1').trimEnd().split(this.grammar.delimiter);
    rows.doubtful.push({ line, cells, reading: this.plainReading(rows) });
  }

  private plainReading({ table, equipment }: JudgedRows): Reading {
    const { cells, instants } = this.plain;
    const hours = Math.floor(instants.offsetNs / HOUR_NS);
    const hour = hourOfNumber(instants.hour + hours);
    const values = new Map<string, number>();
    const first = table.count * table.stride;
    for (let at = first; at < first + cells; at += 1) {
      const name = this.grammar.columns.metrics[table.metrics[at] ?? 0]?.name ?? '';
      values.set(name, decimalValue(table.mantissas[at] ?? 0, table.scales[at] ?? 0));
    }
    return {
      equipmentId: equipment.ids[equipment.found] ?? '',
      timestamp: instantAt(hour, instants.offsetNs - hours * HOUR_NS),
      values,
      tags: NO_TAGS,
    };
  }

  private parseCarefully(block: RecordBlock, rows: JudgedRows, nowEpochMs: number): void {
    this.carefulRows = Math.min(this.carefulRows * 2, this.grammar.maxBlockRows);
    const all = readFields(block, this.grammar.delimiter);
    for (const [index, { line }] of block.records.entries()) {
      const fields = all[index];
      if (!fields) throw new Error('every record has an answer');
      this.judge(line, fields, rows, nowEpochMs);
    }
  }

  private judge(line: number, fields: RecordFields, rows: JudgedRows, nowEpochMs: number): void {
    if (!fields.ok) {
      const { fault: code, shown: cells } = fields;
      rows.rejected.push({ line, cells, faults: [{ code, detail: DETAILS[code] }] });
      return;
    }
    const { fields: cells } = fields;
    const row = this.careful.read(cells, nowEpochMs);
    if (!row.ok) rows.rejected.push({ line, cells, faults: row.faults });
    else if (!this.add(line, row.reading, rows, this.names)) {
      rows.doubtful.push({ line, cells, reading: row.reading });
    }
  }

  /** Adds a reading whose names are admitted. There must be room for it. */
  addAdmitted(line: number, reading: Reading, rows: JudgedRows): void {
    this.add(line, reading, rows, undefined);
  }

  private add(
    line: number,
    { equipmentId, timestamp, values }: Reading,
    { table, equipment }: JudgedRows,
    names: NameCheck | undefined,
  ): boolean {
    const number = equipment.numberOf(equipmentId);
    let cells = 0;
    for (const [name, value] of values) {
      table.setNumber(cells, this.metricNumbers.get(name) ?? 0, value);
      cells += 1;
    }
    if (names && !names.admits(equipmentId, number, table, cells)) return false;
    table.addRow(number, numberOfHour(hourOf(timestamp)), offsetOf(timestamp), line, cells);
    return true;
  }
}
