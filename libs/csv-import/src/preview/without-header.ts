import { startOfRows } from '../grammar/file-header.js';
import { DELIMITERS, type Delimiter, type ImportOptions } from '../grammar/import-options.js';
import type { Steps } from '../steps.js';
import type { TextPlace } from '../text/csv-record.js';
import { sampledRows } from './sampled-rows.js';

const COMPARED_ROWS = 20;
/** Of the rows, as many have one number of fields at least. */
const ALIKE = 0.8;

interface Cut {
  readonly delimiter: Delimiter;
  readonly fields: number;
}

/**
 * How a file is cut that has no header line, with names for its columns by their places; undefined when no delimiter
 * cuts its rows alike. A comma may be the sign of decimals as well: any other delimiter goes before it.
 */
export function* withoutHeader(
  text: Buffer,
  options: ImportOptions,
): Steps<ImportOptions | undefined> {
  let best: Cut | undefined;
  const { separator, start } = startOfRows(text);
  const known = options.delimiter ?? separator;
  const possible = known === undefined ? DELIMITERS : [known];
  for (const delimiter of possible) {
    const fields = fieldsAlike(text, start, delimiter);
    const isBetter = !best || best.delimiter === ',' || fields > best.fields;
    if (fields > 1 && isBetter) best = { delimiter, fields };
    yield;
  }
  if (!best) return undefined;
  const names = Array.from({ length: best.fields }, (_, at) => `column_${at + 1}`);
  return { ...options, headerLine: 0, names, delimiter: best.delimiter };
}

/** How many fields nearly all rows have, without empty ones at their end; 0 when they differ. */
function fieldsAlike(text: Buffer, next: TextPlace, delimiter: Delimiter): number {
  const rows = sampledRows(text, { next, delimiter }, { decimal: '.' });
  const counts = new Map<number, number>();
  const compared = rows.filter(({ fault }) => !fault).slice(0, COMPARED_ROWS);
  for (const { fields } of compared) {
    const used = fields.findLastIndex((field) => field.trim() !== '') + 1;
    counts.set(used, (counts.get(used) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most && most[1] >= compared.length * ALIKE ? most[0] : 0;
}
