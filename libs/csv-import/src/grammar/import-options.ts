import { accepted, refused, type Parsed } from '@sensorflow/kernel';
import { DEFAULT_METRIC } from '@sensorflow/sensor-data';
import type { TextEncoding } from '../text/text-encoding.js';

/** How a file is to be read, where it cannot say so itself. */
export interface ImportOptions {
  /** Of the whole file; a column has it otherwise. */
  readonly equipmentId: string | undefined;
  /** A column of the file → a role, the name of a metric, or null to leave it out; see column-mapping. */
  readonly columns: ReadonlyMap<string, string | null>;
  /** The line that names the columns, from 1; 0 for a file without one; found unless given. */
  readonly headerLine: number | undefined;
  /** Of the columns of a file without a header line. */
  readonly names: readonly string[] | undefined;
  /** ISO in its unambiguous forms unless given. */
  readonly timestampFormat: string | undefined;
  /** Of timestamps without offset; without it they are bad rows. */
  readonly timezone: string | undefined;
  readonly repeatedHour: RepeatedHour;
  /** Found from the header line unless given. */
  readonly delimiter: Delimiter | undefined;
  readonly decimal: DecimalSign;
  /** UTF-8, or what a byte order mark says, unless given. */
  readonly encoding: TextEncoding | undefined;
  /** Cells that mean no value, beside empty ones; the usual words unless given. */
  readonly missing: readonly string[] | undefined;
  /** Reads and counts everything and writes nothing. */
  readonly dryRun: boolean;
}

export const DELIMITERS = [',', ';', '\t', '|'] as const;
/** Said of a file that seems to have one column. */
export const CUTTING_SIGNS =
  'columns end with a comma, a semicolon, a tab or a bar, not with blanks or other signs';
export type Delimiter = (typeof DELIMITERS)[number];

export const DECIMAL_SIGNS = ['.', ','] as const;
export type DecimalSign = (typeof DECIMAL_SIGNS)[number];

/** What a local time means that the clocks showed twice. */
export const REPEATED_HOURS = ['reject', 'in-order', 'summer', 'winter'] as const;
export type RepeatedHour = (typeof REPEATED_HOURS)[number];

export const DEFAULT_OPTIONS: ImportOptions = {
  equipmentId: undefined,
  columns: new Map(),
  headerLine: undefined,
  names: undefined,
  timestampFormat: undefined,
  timezone: undefined,
  repeatedHour: 'reject',
  delimiter: undefined,
  decimal: '.',
  encoding: undefined,
  missing: undefined,
  dryRun: false,
};

export const EQUIPMENT_ID = 'equipmentId';
export const TIMESTAMP = 'timestamp';
export const DATE = 'date';
export const TIME = 'time';
/** Of a long file, which has a row for each value: the column that names the metric. */
export const METRIC = 'metric';
/** Of a long file the column with the numbers; of any other a metric like all others. */
export const VALUE = DEFAULT_METRIC;

/** Words that `columns` takes in any case. */
const KNOWN_WORDS = [EQUIPMENT_ID, TIMESTAMP, DATE, TIME, METRIC, VALUE];

export const MAX_COLUMNS = 1000;
export const MAX_COLUMN_NAME_LENGTH = 255;
/** Lines in front of the rows, the header among them. */
export const MAX_HEADER_LINE = 100;
const MAX_MISSING = 100;
const MAX_MISSING_LENGTH = 64;

export function isDelimiter(text: unknown): text is Delimiter {
  return DELIMITERS.some((delimiter) => delimiter === text);
}

export function isDecimalSign(text: unknown): text is DecimalSign {
  return DECIMAL_SIGNS.some((sign) => sign === text);
}

export function isRepeatedHour(text: unknown): text is RepeatedHour {
  return REPEATED_HOURS.some((meaning) => meaning === text);
}

/** Fault: `header-line-invalid`. */
export function parseHeaderLine(raw: unknown): Parsed<number> {
  const isLine = Number.isInteger(raw) && Number(raw) >= 0 && Number(raw) <= MAX_HEADER_LINE;
  return isLine
    ? accepted(Number(raw))
    : refused(
        'header-line-invalid',
        `headerLine is the number of the line that names the columns, from 1 to ${MAX_HEADER_LINE}, or 0 for a file without one, with names.`,
      );
}

/** Fault: `names-invalid`. */
export function parseNames(raw: unknown): Parsed<readonly string[]> {
  const isList = Array.isArray(raw) && raw.length > 0 && raw.length <= MAX_COLUMNS;
  return isList && raw.every(isColumnName)
    ? accepted(raw.map((name) => name.trim()))
    : refused(
        'names-invalid',
        `names is a list of the names of 1 to ${MAX_COLUMNS} columns, in the order of the file.`,
      );
}

/** Fault: `missing-invalid`. */
export function parseMissing(raw: unknown): Parsed<readonly string[]> {
  const isList = Array.isArray(raw) && raw.length <= MAX_MISSING;
  return isList && raw.every(isMissingCell)
    ? accepted(raw.map((cell) => cell.trim()))
    : refused(
        'missing-invalid',
        `missing is a list of at most ${MAX_MISSING} texts of cells without a value, such as ["-200", "n/a"].`,
      );
}

export function canonicalWord(name: string): string {
  return KNOWN_WORDS.find((word) => word.toLowerCase() === name.toLowerCase()) ?? name;
}

/** Half a surrogate pair stands in no file, and the table of imports cannot keep it. */
export function isColumnName(column: unknown): column is string {
  return (
    typeof column === 'string' && column.length <= MAX_COLUMN_NAME_LENGTH && column.isWellFormed()
  );
}

function isMissingCell(cell: unknown): cell is string {
  return typeof cell === 'string' && cell.length <= MAX_MISSING_LENGTH && cell.isWellFormed();
}
