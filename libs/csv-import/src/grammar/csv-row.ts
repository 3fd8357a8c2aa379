import { accepted, type Fault, type Instant, type Parsed } from '@sensorflow/kernel';
import { MAX_METRICS_PER_READING, parseEquipmentId, type Reading } from '@sensorflow/sensor-data';
import { parseCellNumber } from './cell-number.js';
import type { ColumnFormats } from './column-formats.js';
import type { FileColumns } from './file-columns.js';
import { unescaped } from './formula-cells.js';
import type { DecimalSign } from './import-options.js';
import type { CellCounts } from './judged-rows.js';
import type { MissingCells } from './missing-cells.js';
import type { TimestampReader } from './timestamp-reader.js';
import { METRIC_NAME_TAKEN, WrittenMetrics } from './written-metrics.js';

/** A row is a reading, perhaps without some of its cells, or has faults. */
export type ParsedRow =
  | {
      readonly ok: true;
      /** Without any value when all cells are missing: then nothing of it is to be stored. */
      readonly reading: Reading;
      readonly cells: CellCounts;
      readonly badCells: readonly BadCell[];
      /** Of a long file with its value: the name of its metric, as it stands there. */
      readonly writtenMetric?: string | undefined;
    }
  | {
      readonly ok: false;
      readonly faults: readonly [Fault, ...Fault[]];
      readonly cells: CellCounts;
    };

export interface BadCell {
  readonly at: number;
  readonly fault: Fault;
}

export const NO_TAGS: ReadonlyMap<string, string> = new Map();

export interface RowRules {
  readonly decimal: DecimalSign;
  readonly missing: MissingCells;
  readonly timestamps: TimestampReader;
  /** Of a long file; none were read unless said. */
  readonly writtenMetrics?: WrittenMetrics | undefined;
  /** To be told of the timestamps, where somebody asks which formats they can have. */
  readonly columnFormats?: ColumnFormats | undefined;
  /** Of a file with a header: whether the next rows stand under another one. Undefined: it has none. */
  readonly isUnderOtherHeader?: boolean | undefined;
  /** Of a file with a header: the last line that may say the units of its columns. */
  readonly lastUnitsLine?: number | undefined;
}

/** Columns that an error report adds. */
export const CODE_COLUMN = '_code';
export const DETAIL_COLUMN = '_detail';

/** Behind the header line; loggers write two of them. */
const UNITS_LINES = 3;

/** Undefined for a file without a header line. */
export function lastUnitsLine(headerLine: number): number | undefined {
  return headerLine === 0 ? undefined : headerLine + UNITS_LINES;
}

/** What stands in the cells for metrics. */
interface ReadCells {
  readonly values: Map<string, number>;
  missing: number;
  readonly bad: BadCell[];
}

/** Turns the rows of one file into readings, under the rules that hold for readings over HTTP too. */
export class RowReader {
  /** What the rows of a long file call their metrics. */
  readonly writtenMetrics: WrittenMetrics;

  private underOtherHeader: boolean;

  constructor(
    private readonly columns: FileColumns,
    private readonly rules: RowRules,
  ) {
    this.underOtherHeader = rules.isUnderOtherHeader === true;
    this.writtenMetrics = rules.writtenMetrics ?? new WrittenMetrics();
  }

  /** Whether the last row stood under another header: what its fields mean is not known. */
  get isUnderOtherHeader(): boolean {
    return this.underOtherHeader;
  }

  /** @param line the row's number, from 1 */
  read(fields: readonly string[], nowEpochMs: number, line: number): ParsedRow {
    const { columns } = this;
    if (this.isUnits(fields, line)) return this.rejected(fields, NOTHING_READ, [UNITS]);
    if (this.isComment(fields)) return this.rejected(fields, NOTHING_READ, [COMMENT]);
    if (this.underOtherHeader) return this.rejected(fields, NOTHING_READ, [HEADER_CHANGED]);
    const overfull = fields.findLastIndex((field) => trimmed(field) !== '') >= columns.names.length;
    if (fields.length < columns.fieldCount || overfull) {
      return this.rejected(fields, NOTHING_READ, [this.fieldCount(fields.length)]);
    }
    const unnamed = this.unnamedIn(fields);
    if (unnamed) return this.rejected(fields, NOTHING_READ, [unnamed]);
    const equipmentId = this.readEquipment(fields);
    const timestamp = this.readTimestamp(fields, nowEpochMs);
    const cells = columns.long ? this.readLong(fields) : this.readMetrics(fields);
    const hasValue = cells.values.size > 0 || cells.bad.length === 0;
    if (!equipmentId.ok || !timestamp.ok || !hasValue) {
      const keys = [equipmentId, timestamp].flatMap((key) => (key.ok ? [] : [key.fault]));
      const bad = cells.bad.map(({ fault }) => fault);
      // An error report has the first code alone, and that of a taken name must be known when it comes again.
      const isTaken = bad[0]?.code === METRIC_NAME_TAKEN;
      return this.rejected(fields, cells, isTaken ? [...bad, ...keys] : [...keys, ...bad]);
    }
    const { values, missing, bad } = cells;
    const reading = { equipmentId: equipmentId.value, timestamp: timestamp.value, values };
    const counts = { accepted: values.size, rejected: bad.length, missing };
    const { long } = columns;
    const writtenMetric = long && values.size > 0 ? cellAt(fields, long.metricAt) : undefined;
    return {
      ok: true,
      reading: { ...reading, tags: NO_TAGS },
      cells: counts,
      badCells: bad,
      writtenMetric,
    };
  }

  private readEquipment(fields: readonly string[]): Parsed<string> {
    const { equipment } = this.columns;
    return 'id' in equipment
      ? accepted(equipment.id)
      : parseEquipmentId(cellAt(fields, equipment.at));
  }

  private readTimestamp(fields: readonly string[], nowEpochMs: number): Parsed<Instant> {
    const text = trimmed(this.columns.timestampAt.map((at) => cellAt(fields, at)).join(' '));
    this.rules.columnFormats?.note(text);
    return this.rules.timestamps.read(text, nowEpochMs, this.seriesOf(fields));
  }

  /** What a row continues. */
  private seriesOf(fields: readonly string[]): string {
    const { equipment, long } = this.columns;
    const id = 'at' in equipment ? cellAt(fields, equipment.at) : '';
    return long ? `${id} ${cellAt(fields, long.metricAt)}` : id;
  }

  private readMetrics(fields: readonly string[]): ReadCells {
    const read: ReadCells = { values: new Map(), missing: 0, bad: [] };
    for (const { at, name } of this.columns.metrics) {
      const number = this.readNumber(fields, at);
      if (number === undefined) read.missing += 1;
      else if (number.ok) read.values.set(name, number.value);
      else read.bad.push({ at, fault: inCell(name, number.fault) });
    }
    if (read.values.size <= MAX_METRICS_PER_READING) return read;
    throw new Error('a file has no more columns for metrics than a reading metrics');
  }

  private readLong(fields: readonly string[]): ReadCells {
    const read: ReadCells = { values: new Map(), missing: 0, bad: [] };
    const { metricAt = 0, valueAt = 0 } = this.columns.long ?? {};
    const metric = this.writtenMetrics.read(
      cellAt(fields, metricAt),
      this.rules.missing,
      this.refusalOf(fields),
    );
    const number = this.readNumber(fields, valueAt);
    if (!metric.ok) read.bad.push({ at: metricAt, fault: metric.fault });
    else if (number === undefined) read.missing = 1;
    else if (number.ok) read.values.set(metric.value, number.value);
    else read.bad.push({ at: valueAt, fault: inCell(metric.value, number.fault) });
    return read;
  }

  /** Of a row of an error report whose metric had a name that was taken. */
  private refusalOf(fields: readonly string[]): string | undefined {
    const { names } = this.columns;
    const isTaken = cellAt(fields, names.indexOf(CODE_COLUMN)) === METRIC_NAME_TAKEN;
    return isTaken ? cellAt(fields, names.indexOf(DETAIL_COLUMN)) : undefined;
  }

  /** Undefined for a cell that means no value. */
  private readNumber(fields: readonly string[], at: number): Parsed<number> | undefined {
    const { missing, decimal } = this.rules;
    const cell = unescaped(cellAt(fields, at));
    if (missing.has(cell)) return undefined;
    const number = parseCellNumber(cell, decimal);
    return number.ok && missing.numbers.includes(number.value) ? undefined : number;
  }

  /**
   * Columns behind the last one with a name are there to be empty. Where one is not, a delimiter too many may
   * stand in front of it, such as a decimal comma: then no cell is certain.
   */
  private unnamedIn(fields: readonly string[]): Fault | undefined {
    const { fieldCount, leftOut } = this.columns;
    for (let at = fieldCount; at < fields.length; at += 1) {
      if (leftOut.has(at) || cellAt(fields, at) === '') continue;
      const detail = `Column ${at + 1} has no name in the header, and is not empty: columns can leave it out, unless a delimiter stands within a cell, such as a decimal comma.`;
      return { code: 'column-unnamed', detail, parameters: { place: at + 1 } };
    }
    return undefined;
  }

  private fieldCount(count: number): Fault {
    const expected = this.columns.names.length;
    const detail = `The row has ${count} fields, the header ${expected}.`;
    return { code: 'field-count', detail, parameters: { fields: count, expected } };
  }

  private rejected(
    fields: readonly string[],
    { values, missing, bad }: ReadCells,
    faults: readonly Fault[],
  ): ParsedRow {
    const cells = { accepted: 0, rejected: values.size + bad.length, missing };
    const known = this.knownLine(fields);
    const [first, ...rest] = known ? [known] : faults;
    if (!first) throw new Error('a refused row has a fault');
    return { ok: false, faults: [first, ...rest], cells };
  }

  /** A line that was never meant to be a row. */
  private knownLine(fields: readonly string[]): Fault | undefined {
    if (trimmed(fields[0]).startsWith('#')) return COMMENT;
    if (this.isHeader(fields)) {
      this.underOtherHeader = false;
      return { code: 'header-repeated', detail: 'The line is the header line again.' };
    }
    this.underOtherHeader ||= this.isOtherHeader(fields);
    return this.underOtherHeader ? HEADER_CHANGED : undefined;
  }

  /** Of a column that could take the sign; any other refuses it, and is looked at then. */
  private isComment(fields: readonly string[]): boolean {
    const { equipment, timestampAt } = this.columns;
    const isKey = timestampAt.some((at) => at === 0) || ('at' in equipment && equipment.at === 0);
    const first = isKey ? '' : trimmed(fields[0]);
    return first.startsWith('#') && !SPREADSHEET_ERROR.test(first);
  }

  /** No time, no number and nobody's equipment stand in it, but some words. */
  private isUnits(fields: readonly string[], line: number): boolean {
    if (line > (this.rules.lastUnitsLine ?? 0)) return false;
    const { equipment, timestampAt, metrics, long } = this.columns;
    const numbersAt = long ? [long.valueAt] : metrics.map(({ at }) => at);
    return (
      timestampAt.every((at) => !/\d/.test(cellAt(fields, at))) &&
      numbersAt.every((at) => this.readNumber(fields, at)?.ok !== true) &&
      !('at' in equipment && parseEquipmentId(cellAt(fields, equipment.at)).ok) &&
      [...timestampAt, ...numbersAt].some((at) => /\p{L}/u.test(cellAt(fields, at)))
    );
  }

  private isHeader(fields: readonly string[]): boolean {
    const { names } = this.columns;
    const rest = fields.slice(names.length);
    return (
      names.every((name, at) => name === headerCell(fields, at)) &&
      rest.every((field) => trimmed(field) === '')
    );
  }

  /** Known by the name of the timestamp: where that stands elsewhere, no row behind it can be read either. */
  private isOtherHeader(fields: readonly string[]): boolean {
    const [at] = this.columns.timestampAt;
    const name = this.columns.names[at] ?? '';
    const isKnown = this.rules.isUnderOtherHeader !== undefined && name !== '';
    return isKnown && cellAt(fields, at).toLowerCase() === name.toLowerCase();
  }
}

const BYTE_ORDER_MARK = '\ufeff';
const COMMENT: Fault = { code: 'comment', detail: 'The line is a comment.' };
const UNITS: Fault = {
  code: 'units-row',
  detail: 'The line says something of the columns, such as their units, and is no reading.',
};
/** `#N/A`, `#DIV/0!`, `####` */
const SPREADSHEET_ERROR = /^#(?:#*|N\/A|[A-Z/0]+[!?])$/;
const HEADER_CHANGED: Fault = {
  code: 'header-changed',
  detail:
    'The file goes on with another header line, and its columns have other names: import the part from that line on as a file of its own.',
};
const NOTHING_READ: ReadCells = { values: new Map(), missing: 0, bad: [] };

function inCell(name: string, fault: Fault): Fault {
  const parameters = { ...fault.parameters, column: name };
  return { ...fault, detail: `${name}: ${fault.detail}`, parameters };
}

function cellAt(fields: readonly string[], at: number): string {
  return trimmed(fields[at]);
}

/** Files that were written one behind the other have a byte order mark before each header. */
function headerCell(fields: readonly string[], at: number): string {
  const cell = cellAt(fields, at);
  return at === 0 && cell.startsWith(BYTE_ORDER_MARK) ? cell.slice(1) : cell;
}

/**
 * Without the ASCII blanks around it; any other blank is part of the text, and wrong there. A blank in front of
 * quotes leaves them in the text.
 */
function trimmed(cell = ''): string {
  let start = 0;
  let end = cell.length;
  while (start < end && isBlank(cell.charCodeAt(start))) start += 1;
  while (end > start && isBlank(cell.charCodeAt(end - 1))) end -= 1;
  if (start > 0 && end > start + 1 && cell[start] === '"' && cell[end - 1] === '"') {
    const inner = cell.slice(start + 1, end - 1);
    if (!inner.includes('"')) return trimmed(inner);
  }
  return start === 0 && end === cell.length ? cell : cell.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
