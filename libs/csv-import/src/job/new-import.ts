import { instantFromEpochMs } from '@sensorflow/kernel';
import { DEFAULT_OPTIONS } from '../grammar/import-options.js';
import { NOT_UPLOADED, type ImportCreator, type ImportRecord } from './import-record.js';
import { newUploadId } from './upload-id.js';
import type { UploadRequest } from './upload-request.js';

/** What is kept of an import that nobody has uploaded to yet. */
export function newImport(
  request: UploadRequest,
  createdBy: ImportCreator,
  nowEpochMs: number,
  uploadSeconds: number,
): ImportRecord {
  return {
    uploadId: newUploadId(nowEpochMs),
    createdBy,
    fileName: request.fileName,
    declaredBytes: request.size,
    options: {
      timezone: request.timezone,
      delimiter: request.delimiter,
      decimal: request.decimal ?? DEFAULT_OPTIONS.decimal,
      columns: request.columns ?? DEFAULT_OPTIONS.columns,
      dryRun: request.dryRun ?? false,
    },
    createdAt: instantFromEpochMs(nowEpochMs),
    uploadExpiresAtEpochMs: nowEpochMs + uploadSeconds * 1000,
    ...NOT_UPLOADED,
  };
}
