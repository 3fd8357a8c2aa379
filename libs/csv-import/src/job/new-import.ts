import { instantFromEpochMs } from '@sensorflow/kernel';
import { DEFAULT_OPTIONS } from '../grammar/import-options.js';
import { NOT_UPLOADED, type ImportOpener, type ImportRecord } from './import-record.js';
import { newUploadId } from './upload-id.js';
import type { UploadRequest } from './upload-request.js';

/** What is kept of an import that nobody has uploaded to yet. */
export function newImport(
  request: UploadRequest,
  { subject, name, equipment }: ImportOpener,
  nowEpochMs: number,
  uploadSeconds: number,
): ImportRecord {
  const { fileName, size, ...options } = request;
  return {
    uploadId: newUploadId(nowEpochMs),
    createdBy: { subject, name },
    equipmentEntries: equipment?.entries,
    fileName,
    declaredBytes: size,
    options: { ...DEFAULT_OPTIONS, ...options },
    createdAt: instantFromEpochMs(nowEpochMs),
    uploadExpiresAtEpochMs: nowEpochMs + uploadSeconds * 1000,
    ...NOT_UPLOADED,
  };
}
