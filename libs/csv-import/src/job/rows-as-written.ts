import type { Clock } from '@sensorflow/kernel';
import { readFields } from '../grammar/csv-fields.js';
import { RecordSplitter } from '../text/record-splitter.js';
import { UnreadText } from '../text/unread-text.js';
import type { ImportLimits } from './import-limits.js';
import type { ImportCheckpoint } from './import-record.js';
import { openRows, type ImportedFile } from './open-rows.js';
import type { UploadStorage } from './upload-storage.js';

/** The cells of a row, as they stand in its file. */
export interface WrittenRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Reads rows of a file once more: those of these lines, which lie behind the checkpoint, in the order of the file.
 * Throws FileFault, and DomainError `unavailable`.
 */
export async function* rowsAsWritten(
  file: ImportedFile,
  checkpoint: ImportCheckpoint,
  lines: ReadonlySet<number>,
  ports: { readonly storage: UploadStorage; readonly clock: Clock },
  limits: Pick<ImportLimits, 'pieceBytes' | 'maxRowBytes' | 'maxBlockRows'>,
): AsyncGenerator<WrittenRow> {
  const { bytes, dialect, place } = await openRows(file, checkpoint, ports);
  const { delimiter } = dialect;
  const splitter = new RecordSplitter(place, delimiter, limits.maxRowBytes);
  const text = new UnreadText(bytes, limits.pieceBytes);
  let missing = lines.size;
  try {
    while (missing > 0 && !text.isLast) {
      await text.read();
      for (;;) {
        const split = splitter.split(text.bytes, text.isLast, limits.maxBlockRows);
        const records = split.block?.records.filter(({ line }) => lines.has(line)) ?? [];
        const fields = split.block && readFields({ ...split.block, records }, delimiter);
        for (const [index, { line }] of records.entries()) {
          const own = fields?.[index];
          if (own) yield { line, cells: own.ok ? own.fields : own.shown };
        }
        missing -= records.length;
        text.use(split.consumed);
        if (!split.block) break;
      }
    }
  } finally {
    await text.close();
  }
}
