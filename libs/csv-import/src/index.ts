export { CsvImporter, type RunOutcome, type RunRequest } from './csv-importer.js';
export {
  CsvImports,
  type ImportViewer,
  type OpenedImport,
  type ShownImport,
} from './csv-imports.js';
export { FairImporter, type FairnessPorts } from './fair-importer.js';
export { ImportQuotas, type ImportSlot, type QuotaUse } from './import-quotas.js';
export { IMPORT_LIMITS, type ImportLimits } from './import-limits.js';
export { ImportQueue } from './import-queue.js';
export type { ImportPorts } from './import-run.js';
export {
  ImportStore,
  type ImportListing,
  type ImportOutcome,
  type ImportPage,
  type Takeover,
} from './import-store.js';
export {
  START,
  type ImportCheckpoint,
  type ImportCreator,
  type ImportRecord,
  type ImportStatus,
  type Lease,
  type ReportState,
  type RunParts,
  type UploadedObject,
} from './import-record.js';
export { DEFAULT_OPTIONS, type ImportOptions } from './import-options.js';
export { FileFault } from './file-fault.js';
export {
  UploadStorage,
  type ObjectVersion,
  type PresignedUpload,
  type UploadTarget,
} from './upload-storage.js';
