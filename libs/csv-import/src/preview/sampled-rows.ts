import type { Fault } from '@sensorflow/kernel';
import { readFields } from '../grammar/csv-fields.js';
import type { FileHeader } from '../grammar/file-header.js';
import type { ImportOptions } from '../grammar/import-options.js';
import { recordFault } from '../grammar/row-parser.js';
import { CR, LF } from '../text/csv-record.js';
import { RecordSplitter } from '../text/record-splitter.js';

/** A row of the beginning of a file. */
export interface SampledRow {
  readonly line: number;
  readonly fields: readonly string[];
  /** Why it cannot be cut into fields as it should be. */
  readonly fault: Fault | undefined;
}

const MAX_ROWS = 2000;
const MAX_ROW_BYTES = 64 * 1024;

/** The rows behind the header; the last line only if it is whole, or the only one. */
export function sampledRows(
  text: Buffer,
  { next, delimiter }: Pick<FileHeader, 'next' | 'delimiter'>,
  { decimal }: Pick<ImportOptions, 'decimal'>,
): readonly SampledRow[] {
  const rows = text.subarray(next.offset);
  const lastEnd = Math.max(rows.lastIndexOf(LF), rows.lastIndexOf(CR));
  const whole = lastEnd < 0 ? rows : rows.subarray(0, lastEnd + 1);
  const splitter = new RecordSplitter(next, delimiter, MAX_ROW_BYTES);
  const { block } = splitter.split(whole, true, MAX_ROWS);
  if (!block) return [];
  const fields = readFields(block, delimiter, decimal);
  return block.records.map(({ line }, index) => {
    const own = fields[index];
    return own?.ok === true
      ? { line, fields: own.fields, fault: undefined }
      : { line, fields: own?.shown ?? [], fault: recordFault(own?.fault ?? 'quote-malformed') };
  });
}
