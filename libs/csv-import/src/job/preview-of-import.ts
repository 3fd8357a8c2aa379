import { EquipmentRestriction } from '@sensorflow/auth';
import type { CsvPreview, CsvPreviews } from '../preview/csv-preview.js';
import { MAX_PREVIEW_BYTES } from '../preview/csv-preview.js';
import { ofWholeColumn } from '../preview/whole-column.js';
import { isGzipName, type ImportCheckpoint, type ImportRecord } from './import-record.js';
import { objectHead } from './object-head.js';
import type { UploadStorage } from './upload-storage.js';

interface PreviewPorts {
  readonly storage: UploadStorage;
  readonly previews: Pick<CsvPreviews, 'preview'>;
}

/**
 * What a preview says of the beginning of a file that was uploaded, and of all timestamps that a dry run has read of
 * it. Throws DomainError, when the file is gone or the storage does not answer.
 */
export async function previewOfImport(
  { uploadId, fileName, options, equipmentEntries }: ImportRecord,
  etag: string,
  { columnFormats }: Pick<ImportCheckpoint, 'columnFormats'>,
  { storage, previews }: PreviewPorts,
): Promise<CsvPreview> {
  const version = { uploadId, gzip: isGzipName(fileName), etag };
  const head = await objectHead(storage, version, MAX_PREVIEW_BYTES);
  const restriction = equipmentEntries && new EquipmentRestriction(equipmentEntries);
  const preview = await previews.preview({ fileName, head, options, restriction });
  return columnFormats ? ofWholeColumn(preview, columnFormats.possible, options) : preview;
}
