import { isUtf8 } from 'node:buffer';
import Papa from 'papaparse';
import type { DecimalSign } from './import-options.js';
import type { CsvRecord, RecordBlock, RecordFault } from '../text/csv-record.js';

/** A record as its fields, or as what can be shown of it and why it has none. */
export type RecordFields =
  | { readonly ok: true; readonly fields: readonly string[] }
  | { readonly ok: false; readonly fault: FieldsFault; readonly shown: readonly string[] };

export type FieldsFault = RecordFault | 'encoding-invalid' | 'decimal-ambiguous';

/** Where commas are both, `21,5` without quotes is a number, or two. */
const QUOTED = /"(?:[^"]|"")*"/g;
const OPEN_COMMA = /(?:^|,) *[+-]?[\d.]*\d,\d+(?:[eE][+-]?\d+)? *(?:,|$)/;

/**
 * The fields of every record of a block, in order. PapaParse reads the block at once; where a record
 * of the block is broken, or the rows do not come out record for record, each is read by itself.
 */
export function readFields(
  block: RecordBlock,
  delimiter: string,
  decimal?: DecimalSign,
): readonly RecordFields[] {
  if (decimal === delimiter) return block.records.map((record) => betweenCommas(block, record));
  const rows = fieldsOfBlock(block, delimiter);
  if (rows) return rows.map((fields) => ({ ok: true, fields }));
  return block.records.map((record) => fieldsOfRecord(block.bytes, record, delimiter));
}

/** The fields of one line without line ends; undefined when its quotes are broken. */
export function fieldsOfLine(text: string, delimiter: string): readonly string[] | undefined {
  const rows = parseRows(text, delimiter);
  return rows?.length === 1 ? rows[0] : undefined;
}

function fieldsOfBlock(
  { bytes, records }: RecordBlock,
  delimiter: string,
): readonly (readonly string[])[] | undefined {
  const first = records[0];
  const last = records.at(-1);
  if (!first || !last || records.some(({ fault }) => fault)) return undefined;
  const used = bytes.subarray(first.start, last.end);
  if (!isText(used)) return undefined;
  const text = used.toString('utf8');
  const rows = parseRows(text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text, delimiter);
  const filled = rows?.length === records.length ? rows : rows?.filter((row) => !isBlankLine(row));
  return filled?.length === records.length ? filled : undefined;
}

function fieldsOfRecord(bytes: Buffer, record: CsvRecord, delimiter: string): RecordFields {
  if (record.excerpt) return broken('row-too-long', `${record.excerpt.toString('utf8')}…`, '');
  if (record.fault === 'zero-bytes') {
    const shown = bytes.subarray(record.start, record.end).toString('utf8');
    return broken(record.fault, shown, delimiter);
  }
  const own = bytes.subarray(record.start, record.end);
  const text = own.toString('utf8');
  if (!isText(own)) return broken('encoding-invalid', text, delimiter);
  if (record.fault === 'embedded-newline') {
    const shown = fieldsOfLine(text, delimiter);
    return shown
      ? { ok: false, fault: record.fault, shown }
      : broken(record.fault, text, delimiter);
  }
  if (record.fault) return broken(record.fault, text, delimiter);
  const fields = fieldsOfLine(text, delimiter);
  return fields ? { ok: true, fields } : broken('quote-malformed', text, delimiter);
}

function betweenCommas({ bytes }: RecordBlock, record: CsvRecord): RecordFields {
  const fields = fieldsOfRecord(bytes, record, ',');
  if (!fields.ok) return fields;
  const text = bytes.toString('utf8', record.start, record.end);
  // Shown as one cell: the quotes of a report must not make two numbers of it.
  return OPEN_COMMA.test(text.replace(QUOTED, '""'))
    ? broken('decimal-ambiguous', text, '')
    : fields;
}

/** Cut at every delimiter: a person will see what belongs together. */
function broken(fault: FieldsFault, text: string, delimiter: string): RecordFields {
  return { ok: false, fault, shown: delimiter === '' ? [text] : text.split(delimiter) };
}

function isText(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.includes(0);
}

function isBlankLine(row: readonly string[]): boolean {
  return row.length === 1 && /^ *$/.test(row[0] ?? '');
}

/**
 * PapaParse's own parser: `Papa.parse` would drop a byte order mark at the start of any text, so that
 * a row's fate would hang on its place in a block. For the same reason every row ends with a line end:
 * the parser takes spaces behind a closing quote there, but not at the end of its text.
 */
function parseRows(text: string, delimiter: string): readonly string[][] | undefined {
  const parser = new Papa.Parser({ delimiter, newline: '\n', header: false });
  const result: { data: string[][]; errors: readonly unknown[] } = parser.parse(
    `${text}\n`,
    0,
    true,
  );
  return result.errors.length === 0 ? result.data : undefined;
}
