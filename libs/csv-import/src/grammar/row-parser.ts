import type { Fault } from '@sensorflow/kernel';
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
import { CR, LF, type RecordBlock, type TextPlace } from '../text/csv-record.js';
import { RecordSplitter } from '../text/record-splitter.js';
import type { ColumnFormats, ColumnFormatsState } from './column-formats.js';
import { mayBeComment } from './comment-line.js';
import { readFields, type FieldsFault, type RecordFields } from './csv-fields.js';
import { CODE_COLUMN, NO_TAGS, RowReader, type BadCell, type ParsedRow } from './csv-row.js';
import type { FileColumns } from './file-columns.js';
import type { DecimalSign, Delimiter } from './import-options.js';
import { NO_CELLS, type JudgedRows } from './judged-rows.js';
import type { MissingCells } from './missing-cells.js';
import { NOT_PLAIN } from './plain-instants.js';
import { PlainRowReader } from './plain-row-reader.js';
import type { TimestampReader } from './timestamp-reader.js';
import type { WrittenMetrics } from './written-metrics.js';

/** Whether an equipment may have these metrics; told at once, or not known yet. */
export abstract class NameCheck {
  /** Of the row that comes next in the table: its first so many cells. */
  abstract admits(equipmentId: string, equipment: number, table: RowTable, cells: number): boolean;
}

export interface RowGrammar {
  readonly columns: FileColumns;
  readonly delimiter: Delimiter;
  readonly decimal: DecimalSign;
  readonly missing: MissingCells;
  readonly timestamps: TimestampReader;
  /** Whether a timestamp means the same wherever it stands in the file. */
  readonly areTimestampsIndependent: boolean;
  /** See `RowRules`. */
  readonly writtenMetrics?: WrittenMetrics | undefined;
  /** See `RowRules`; while it is open, no row is read from its bytes alone. */
  readonly columnFormats?: ColumnFormats | undefined;
  /** See `RowRules`. */
  readonly isUnderOtherHeader?: boolean | undefined;
  /** See `RowRules`. */
  readonly lastUnitsLine?: number | undefined;
  readonly maxRowBytes: number;
  /** Rows that are not plain are read together, so many at most. */
  readonly maxBlockRows: number;
}

const DETAILS: Readonly<Record<FieldsFault, string>> = {
  'unclosed-quote': 'A quoted field is not closed.',
  'quote-malformed': 'A closing quote must be followed by the delimiter or the end of the line.',
  'embedded-newline': 'A field runs over a line end.',
  'row-too-long': 'The row is longer than 64 KiB.',
  'zero-bytes': 'Zero bytes stand where a row was, as a loss of power leaves them.',
  'decimal-ambiguous':
    'Commas end fields here and begin decimals: numbers side by side stand in quotes, as "21,5" does.',
  'encoding-invalid':
    'The row is not valid text in the encoding of the file; the option encoding can name another.',
};

/** What is wrong with a row that cannot be cut into fields. */
export function recordFault(code: FieldsFault): Fault {
  return { code, detail: DETAILS[code] };
}

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
  private carefulRows = 1;

  constructor(
    private readonly grammar: RowGrammar,
    private readonly names: NameCheck,
    place: TextPlace,
  ) {
    const { columns, delimiter, maxRowBytes } = grammar;
    this.plain = new PlainRowReader(columns, grammar);
    this.careful = new RowReader(columns, grammar);
    this.splitter = new RecordSplitter(place, delimiter, maxRowBytes);
  }

  /** Where the next row begins. */
  get place(): TextPlace {
    return this.splitter.place;
  }

  /** What the timestamps of the rows in front of it leave behind for those that come. */
  get timeState(): string {
    return this.grammar.timestamps.state;
  }

  /** What the rows of a long file in front of it call their metrics. */
  get writtenMetrics(): string {
    return this.careful.writtenMetrics.state;
  }

  /** Of the rows in front of it, where somebody asks. */
  get columnFormats(): ColumnFormatsState | undefined {
    return this.grammar.columnFormats?.state;
  }

  /** Whether the rows that come stand under another header than that of the file. */
  get isUnderOtherHeader(): boolean {
    return this.careful.isUnderOtherHeader;
  }

  /** Whether the next row may be read from its bytes alone. */
  private get mayBePlain(): boolean {
    const { columns, delimiter, decimal, columnFormats } = this.grammar;
    // What a report says of a row changes what the name of its metric means.
    const isLongReport = columns.long !== undefined && columns.names.includes(CODE_COLUMN);
    if (columnFormats?.isOpen === true || isLongReport) return false;
    return delimiter !== decimal && !this.splitter.isInsideRow && !this.isUnderOtherHeader;
  }

  /**
   * Judges rows for as long as there are whole ones, and room for them. Answers how many bytes need not be
   * shown again. `final`: no bytes will follow.
   */
  parse(text: Buffer, final: boolean, rows: JudgedRows, nowEpochMs: number): number {
    this.plain.setClock(nowEpochMs);
    const { equipment } = this.grammar.columns;
    if ('id' in equipment) this.plain.equipment = rows.equipment.numberOf(equipment.id);
    const plainEnd = endOfLines(text);
    for (let at = 0; ;) {
      if (this.mayBePlain) at += this.parsePlain(text, at, plainEnd, rows);
      const room = Math.min(this.carefulRows, rows.room, rows.roomForNames);
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
    const { line } = this.splitter.place;
    let at = start;
    let count = 0;
    for (let { room } = rows; at < end && count < room; count += 1) {
      const next = mayBeComment(text, at) ? NOT_PLAIN : plain.read(text, at, rows);
      if (next === NOT_PLAIN) break;
      const { cells, missing, equipment: found } = plain;
      if (cells === 0) rows.emptyRows += 1;
      else if (names.admits(equipment.ids[found] ?? '', found, table, cells)) {
        table.addRow(found, plain.hour, plain.offsetNs, line + count, cells);
      } else {
        this.doubtPlain(text.subarray(at, next), line + count, rows);
        at = next;
        continue;
      }
      rows.acceptedCells += cells;
      rows.missingCells += missing;
      at = next;
    }
    this.splitter.pass(at - start, count);
    if (count >= MANY_PLAIN_ROWS) this.carefulRows = 1;
    return at - start;
  }

  private doubtPlain(text: Buffer, line: number, rows: JudgedRows): void {
    const cells = text.toString('utf8').trimEnd().split(this.grammar.delimiter);
    rows.doubtful.push({ line, cells, reading: this.plainReading(rows) });
    rows.missingCells += this.plain.missing;
  }

  private plainReading({ table, equipment, metrics }: JudgedRows): Reading {
    const { plain } = this;
    const hours = Math.floor(plain.offsetNs / HOUR_NS);
    const hour = hourOfNumber(plain.hour + hours);
    const values = new Map<string, number>();
    const first = table.count * table.stride;
    for (let at = first; at < first + plain.cells; at += 1) {
      const name = metrics.names[table.metrics[at] ?? 0] ?? '';
      values.set(name, decimalValue(table.mantissas[at] ?? 0, table.scales[at] ?? 0));
    }
    return {
      equipmentId: equipment.ids[plain.equipment] ?? '',
      timestamp: instantAt(hour, plain.offsetNs - hours * HOUR_NS),
      values,
      tags: NO_TAGS,
    };
  }

  private parseCarefully(block: RecordBlock, rows: JudgedRows, nowEpochMs: number): void {
    const { delimiter, decimal } = this.grammar;
    this.carefulRows = Math.min(this.carefulRows * 2, this.grammar.maxBlockRows);
    const all = readFields(block, delimiter, decimal);
    for (const [index, { line }] of block.records.entries()) {
      const fields = all[index];
      if (!fields) throw new Error('every record has an answer');
      this.judge(line, fields, rows, nowEpochMs);
    }
  }

  private judge(line: number, fields: RecordFields, rows: JudgedRows, nowEpochMs: number): void {
    if (!fields.ok) {
      const { fault: code, shown: cells } = fields;
      rows.reported.push({ line, isRejected: true, cells, faults: [recordFault(code)] });
      return;
    }
    const { fields: cells } = fields;
    const row = this.careful.read(cells, nowEpochMs, line);
    if (!row.ok) {
      rows.reported.push({ line, isRejected: true, cells, faults: row.faults });
      rows.count(row.cells);
    } else this.take(line, cells, row, rows);
  }

  private take(
    line: number,
    cells: readonly string[],
    { reading, cells: counts, badCells, writtenMetric }: ParsedRow & { readonly ok: true },
    rows: JudgedRows,
  ): void {
    const [first, ...rest] = badCells.map(({ fault }) => fault);
    if (first) {
      const shown = this.withoutStored(cells, badCells);
      rows.reported.push({ line, isRejected: false, cells: shown, faults: [first, ...rest] });
    }
    if (reading.values.size === 0) rows.emptyRows += 1;
    else if (!this.add(line, reading, rows, this.names)) {
      rows.doubtful.push({ line, cells, reading });
      rows.count({ ...counts, accepted: 0 });
      return;
    }
    const [metric] = reading.values.keys();
    if (writtenMetric !== undefined && metric !== undefined) {
      rows.metrics.learn(writtenMetric, rows.metrics.numberOf(metric));
    }
    rows.count(counts);
  }

  /** What is to be corrected, and whose it is: correcting it brings nothing a second time. */
  private withoutStored(cells: readonly string[], badCells: readonly BadCell[]): readonly string[] {
    const shown = [...cells];
    const bad = new Set(badCells.map(({ at }) => at));
    for (const { at } of this.grammar.columns.metrics) if (!bad.has(at)) shown[at] = '';
    return shown;
  }

  /** Adds a reading whose names are admitted. There must be room for it. */
  addAdmitted(line: number, reading: Reading, rows: JudgedRows): void {
    this.add(line, reading, rows, undefined);
    rows.count({ ...NO_CELLS, accepted: reading.values.size });
  }

  private add(
    line: number,
    { equipmentId, timestamp, values }: Reading,
    { table, equipment, metrics }: JudgedRows,
    names: NameCheck | undefined,
  ): boolean {
    const number = equipment.numberOf(equipmentId);
    let cells = 0;
    for (const [name, value] of values) {
      table.setNumber(cells, metrics.numberOf(name), value);
      cells += 1;
    }
    if (names && !names.admits(equipmentId, number, table, cells)) return false;
    table.addRow(number, numberOfHour(hourOf(timestamp)), offsetOf(timestamp), line, cells);
    return true;
  }
}

/** Behind the last line end: one that is not half of another, as a CR at the end of the text may be. */
function endOfLines(text: Buffer): number {
  const behindLf = text.lastIndexOf(LF) + 1;
  const behindCr = text.lastIndexOf(CR, text.length - 2) + 1;
  return Math.max(behindLf, behindCr);
}
