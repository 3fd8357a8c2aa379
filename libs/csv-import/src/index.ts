export { CsvImporter, type RunOutcome } from './job/csv-importer.js';
export {
  CsvImports,
  type ImportViewer,
  type OpenedImport,
  type ShownImport,
} from './job/csv-imports.js';
export { FairImporter, type FairnessPorts } from './job/fair-importer.js';
export { ImportQuotas, type ImportSlot, type QuotaUse } from './job/import-quotas.js';
export { IMPORT_LIMITS, type ImportLimits } from './job/import-limits.js';
export { ImportQueue } from './job/import-queue.js';
export type { ImportPorts } from './job/import-run.js';
export {
  ImportStore,
  UNDO_ASKED_AGAIN_MS,
  type BegunUndo,
  type ImportListing,
  type ImportOutcome,
  type ImportPage,
  type Takeover,
  type UndoTakeover,
} from './job/import-store.js';
export {
  nothingUndone,
  NOT_UPLOADED,
  START,
  type ImportCheckpoint,
  type ImportCreator,
  type ImportRecord,
  type ImportStatus,
  type Lease,
  type ReportState,
  type RunParts,
  type UndoProgress,
  type UploadedObject,
} from './job/import-record.js';
export type { RunRequest } from './job/leased-runs.js';
export { DEFAULT_OPTIONS, type ImportOptions } from './grammar/import-options.js';
export { FileFault } from './file-fault.js';
export {
  UploadStorage,
  type ObjectVersion,
  type PresignedUpload,
  type UploadTarget,
} from './job/upload-storage.js';
export { HourRecomputation } from './undo/hour-recomputation.js';
export {
  ImportManifest,
  MAX_PART_BYTES,
  type Fence,
  type HoursPart,
  type ImportedHour,
  type ManifestPart,
} from './undo/import-manifest.js';
export { ImportUndoer, type UndoOutcome, type UndoPorts } from './undo/import-undoer.js';
