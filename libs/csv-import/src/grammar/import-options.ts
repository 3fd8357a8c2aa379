import { accepted, refused, type Parsed } from '@sensorflow/kernel';
import { DEFAULT_METRIC, parseMetricName } from '@sensorflow/sensor-data';

/** How a file is to be read, where it cannot say so itself. */
export interface ImportOptions {
  /** IANA zone of timestamps without offset; without it they are bad rows. */
  readonly timezone: string | undefined;
  /** Found from the header line unless given. */
  readonly delimiter: Delimiter | undefined;
  readonly decimal: DecimalSign;
  /** A column's name in the file → the name it goes by, or null to leave it out. */
  readonly columns: ReadonlyMap<string, string | null>;
  /** Reads and counts everything and writes nothing. */
  readonly dryRun: boolean;
}

export const DELIMITERS = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

export const DECIMAL_SIGNS = ['.', ','] as const;
export type DecimalSign = (typeof DECIMAL_SIGNS)[number];

export const DEFAULT_OPTIONS: ImportOptions = {
  timezone: undefined,
  delimiter: undefined,
  decimal: '.',
  columns: new Map(),
  dryRun: false,
};

export const EQUIPMENT_ID = 'equipmentId';
export const TIMESTAMP = 'timestamp';
/** Words with a meaning of their own; a spreadsheet's `Timestamp` is meant all the same. */
const KNOWN_WORDS = [EQUIPMENT_ID, TIMESTAMP, DEFAULT_METRIC];

export const MAX_COLUMNS = 1000;
const MAX_COLUMN_NAME_LENGTH = 255;
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/;

export function isDelimiter(text: unknown): text is Delimiter {
  return DELIMITERS.some((delimiter) => delimiter === text);
}

export function isDecimalSign(text: unknown): text is DecimalSign {
  return DECIMAL_SIGNS.some((sign) => sign === text);
}

/** A zone by its IANA name; fixed offsets such as +01:00 are none. */
export function isTimezone(name: string): boolean {
  if (!ZONE_NAME.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

/** Faults: `columns-invalid`. */
export function parseColumns(raw: unknown): Parsed<ReadonlyMap<string, string | null>> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return refused('columns-invalid', 'columns is an object: a column of the file → its new name.');
  }
  const columns = new Map<string, string | null>();
  for (const [column, name] of Object.entries(raw)) {
    if (!isColumnName(column) || !isColumnTarget(name)) {
      return refused(
        'columns-invalid',
        'A column becomes equipmentId, timestamp or a metric, or null to be left out.',
      );
    }
    if (columns.has(column.trim())) {
      return refused('columns-invalid', 'columns names a column twice.');
    }
    columns.set(column.trim(), name);
  }
  if (columns.size > MAX_COLUMNS) {
    return refused('columns-invalid', `columns names at most ${MAX_COLUMNS} columns.`);
  }
  return isOneToOne(columns)
    ? accepted(columns)
    : refused('columns-invalid', 'columns gives two columns one name.');
}

export function canonicalWord(name: string): string {
  return KNOWN_WORDS.find((word) => word.toLowerCase() === name.toLowerCase()) ?? name;
}

/** Half a surrogate pair stands in no file, and the table of imports cannot keep it. */
function isColumnName(column: string): boolean {
  return column.length <= MAX_COLUMN_NAME_LENGTH && column.isWellFormed();
}

function isOneToOne(columns: ReadonlyMap<string, string | null>): boolean {
  const names = [...columns.values()].filter((name) => name !== null).map(canonicalWord);
  return new Set(names).size === names.length;
}

function isColumnTarget(name: unknown): name is string | null {
  return name === null || (typeof name === 'string' && parseMetricName(name).ok);
}
