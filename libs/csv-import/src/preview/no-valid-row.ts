import type { Fault } from '@sensorflow/kernel';
import type { CsvPreview } from './csv-preview.js';
import type { PreviewFault } from './found-faults.js';

export const NO_VALID_ROW: Fault = {
  code: 'no-valid-row',
  detail: 'No row of the file is a valid reading.',
};
/** Lines that were never meant to be rows: they say nothing of those that were. */
const NO_ROWS: ReadonlySet<string> = new Set([
  'comment',
  'header-repeated',
  'units-row',
  'zero-bytes',
]);
const SHOWN_OF_FILE = 2;

/** The same with the first fault of a row, the most frequent one, and what would help, as a preview found them. */
export function noValidRow({ faults }: Pick<CsvPreview, 'faults'>): Fault {
  const ofFile = faults.filter(({ line }) => line === undefined).slice(0, SHOWN_OF_FILE);
  const ofRows = faults.filter(({ line, code }) => line !== undefined && !NO_ROWS.has(code));
  const [first] = ofRows.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const [often] = ofRows.toSorted((a, b) => b.rows - a.rows);
  const shown = new Set([first, often, ...ofFile].filter((fault) => fault !== undefined));
  const detail = [NO_VALID_ROW.detail, ...[...shown].map(sentenceOf)].join(' ');
  return { ...NO_VALID_ROW, detail };
}

function sentenceOf({ code, detail, line, rows, option }: PreviewFault): string {
  const place = line === undefined ? '' : `${rowsFrom(line, rows)}: ${code}. `;
  const isNamed = option === undefined || detail.includes(option);
  return `${place}${detail}${isNamed ? '' : ` The option ${option} may help.`}`;
}

function rowsFrom(line: number, rows: number): string {
  return rows === 1 ? `Line ${line}` : `Line ${line} and ${rows - 1} more`;
}
