import { DomainError, type Clock, type InputFault, type WorkBudget } from '@sensorflow/kernel';
import { setImmediate } from 'node:timers/promises';
import { columnsAsUnderstood, type ColumnAsUnderstood } from '../grammar/file-columns.js';
import type { CsvPreview, CsvPreviews } from '../preview/csv-preview.js';
import {
  hasFaults,
  isFinished,
  isGzipName,
  type ImportOpener,
  type ImportRecord,
  type ImportStatus,
} from './import-record.js';
import type { ImportListing, ImportStore } from './import-store.js';
import { OpenImportQuota } from './open-import-quota.js';
import type { ImportQueue } from './import-queue.js';
import type { ImportQuotas } from './import-quotas.js';
import { newImport } from './new-import.js';
import { previewOfImport } from './preview-of-import.js';
import { isUploadId } from './upload-id.js';
import type { UploadRequest } from './upload-request.js';
import type { PresignedUpload, UploadStorage } from './upload-storage.js';

export interface OpenedImport extends PresignedUpload {
  readonly uploadId: string;
  readonly fileName: string;
  readonly expiresAtEpochMs: number;
}

/** Who asks. Administrators see the imports of everyone. */
export interface ImportViewer extends ImportOpener {
  readonly seesAll: boolean;
}

/** An import as its creator and administrators see it. */
export interface ShownImport {
  readonly record: ImportRecord;
  /** Only of an import that is shown alone, once its header is read. */
  readonly columns?: readonly ColumnAsUnderstood[] | undefined;
  /** Only of a dry run that is shown alone, once it is done, while its file is there. */
  readonly understood?: CsvPreview | undefined;
  readonly status: ImportStatus | 'expired';
  readonly errorReportUrl: string | null;
}

const UPLOAD_URL_SECONDS = 15 * 60;
const REPORT_URL_SECONDS = 15 * 60;
/** A slow upload that began in time may end this much later. */
const EXPIRY_GRACE_MS = 60 * 60 * 1000;

/** The event loop serves others between so many signatures, which take some 0.3 ms each. */
const SIGNED_AT_A_TIME = 20;

export interface CsvImportsPorts {
  readonly imports: ImportStore;
  readonly quotas: ImportQuotas;
  readonly storage: UploadStorage;
  readonly queue: Pick<ImportQueue, 'continueImport'>;
  readonly previews: Pick<CsvPreviews, 'preview'>;
  readonly clock: Clock;
}

/** Opens imports, says how they are going, and has them taken back. */
export class CsvImports {
  private readonly quota: OpenImportQuota;

  constructor(
    private readonly ports: CsvImportsPorts,
    private readonly maxUploadBytes: number,
  ) {
    this.quota = new OpenImportQuota(ports.quotas, ports.clock, UPLOAD_URL_SECONDS * 1000);
  }

  /**
   * Throws DomainError `invalid-request` for a file over the limit, `too-many-imports` for a caller who has
   * as many as one may have.
   */
  async openImport(request: UploadRequest, opener: ImportOpener): Promise<OpenedImport> {
    const faults = this.sizeFaults(request.size);
    if (faults.length > 0) {
      const detail = 'The request is not valid; see errors.';
      throw new DomainError('invalid', 'invalid-request', detail, { faults });
    }
    const nowEpochMs = this.ports.clock.nowEpochMs();
    const record = newImport(request, opener, nowEpochMs, UPLOAD_URL_SECONDS);
    await this.quota.reserve(opener.subject, record.uploadId);
    const upload = await this.ports.storage.presignUpload({
      uploadId: record.uploadId,
      gzip: isGzipName(record.fileName),
      bytes: record.declaredBytes,
      expiresInSeconds: UPLOAD_URL_SECONDS,
    });
    await this.ports.imports.create(record);
    const { uploadId, fileName, uploadExpiresAtEpochMs: expiresAtEpochMs } = record;
    return { ...upload, uploadId, fileName, expiresAtEpochMs };
  }

  /** The fault of a file of so many bytes: `file-too-large`, or none. */
  sizeFaults(size: number): readonly InputFault[] {
    if (size <= this.maxUploadBytes) return [];
    const detail = `A file has at most ${this.maxUploadBytes} bytes; .csv.gz saves most of them.`;
    return [{ pointer: '/size', code: 'file-too-large', detail }];
  }

  /** Throws DomainError `import-not-found`, also for what the viewer may not see. */
  async importOf(
    uploadId: string,
    viewer: ImportViewer,
    budget?: WorkBudget,
  ): Promise<ShownImport> {
    const record = await this.recordOf(uploadId, viewer, budget);
    return this.shownAlone(record, await this.statusOf(record));
  }

  private async shownAlone(record: ImportRecord, status: ShownImport['status']) {
    const { dialect } = record.checkpoint;
    const { headerText = '', delimiter = '' } = dialect ?? {};
    const columns = dialect && columnsAsUnderstood(headerText, delimiter, record.options);
    const understood = await this.understoodBy(record);
    return { ...(await this.shown(record, status)), columns, understood };
  }

  private async understoodBy(record: ImportRecord): Promise<CsvPreview | undefined> {
    const { options, object, checkpoint } = record;
    if (!options.dryRun || !object || record.undo || !isFinished(record)) return undefined;
    try {
      return await previewOfImport(record, object.etag, checkpoint, this.ports);
    } catch (error) {
      // The import is shown without it when its file is gone, or the storage does not answer.
      if (error instanceof DomainError) return undefined;
      throw error;
    }
  }

  private async recordOf(
    uploadId: string,
    viewer: ImportViewer,
    budget: WorkBudget | undefined,
  ): Promise<ImportRecord> {
    const { imports } = this.ports;
    const record = isUploadId(uploadId) ? await imports.find(uploadId, budget) : undefined;
    if (record && maySee(viewer, record)) return record;
    throw new DomainError('not-found', 'import-not-found', 'There is no such import.');
  }

  /**
   * Has the import cancelled, if it runs, and taken back. Answers it as it is now, also when that began
   * before; undefined when it is undone. Safe to repeat. Throws DomainError `import-not-found`, also for what
   * the viewer may not see, and `unavailable`: then it may have begun, and has to be asked for again.
   */
  async undo(
    uploadId: string,
    viewer: ImportViewer,
    budget?: WorkBudget,
  ): Promise<ShownImport | undefined> {
    await this.recordOf(uploadId, viewer, budget);
    const { imports, queue, clock } = this.ports;
    const begun = await imports.beginUndo(uploadId, viewer.subject, clock.nowEpochMs());
    if (begun?.needsRun) await queue.continueImport(uploadId);
    return begun && this.shownAlone(begun.record, begun.record.status);
  }

  /**
   * What the viewer may see, the newest first, in one call to the store and none to the storage. Throws
   * DomainError `cursor-invalid` when `before` is no upload id, and the reason of the budget's signal.
   */
  async listImports(
    viewer: ImportViewer,
    { limit, before }: Pick<ImportListing, 'limit' | 'before'>,
    budget?: WorkBudget,
  ) {
    if (before !== undefined && !isUploadId(before)) {
      const detail = 'The cursor is not one of this list.';
      throw new DomainError('invalid', 'cursor-invalid', detail, {
        faults: [{ pointer: '/cursor', code: 'cursor-invalid', detail }],
      });
    }
    const subject = viewer.seesAll ? undefined : viewer.subject;
    const { imports, next } = await this.ports.imports.list({ limit, before, subject }, budget);
    const shown: ShownImport[] = [];
    for (const record of imports) {
      shown.push(await this.shown(record, this.listedStatusOf(record)));
      if (shown.length % SIGNED_AT_A_TIME === 0) await setImmediate();
      budget?.signal.throwIfAborted();
    }
    return { imports: shown, next };
  }

  private async shown(record: ImportRecord, status: ShownImport['status']): Promise<ShownImport> {
    const hasReport = isFinished(record) && hasFaults(record.checkpoint);
    const errorReportUrl = hasReport
      ? await this.ports.storage.presignReport(
          record.uploadId,
          reportName(record.fileName),
          REPORT_URL_SECONDS,
        )
      : null;
    return { record, status, errorReportUrl };
  }

  /**
   * The importer marks a file as queued when its message's turn comes; behind other files that is
   * late. A storage that does not answer leaves the status as it is: `expired` is said for sure only.
   */
  private async statusOf(record: ImportRecord): Promise<ShownImport['status']> {
    const { status, uploadId, fileName } = record;
    if (status !== 'awaiting-upload') return status;
    const isUploaded = await this.ports.storage
      .isUploaded({ uploadId, gzip: isGzipName(fileName) })
      .catch(() => undefined);
    if (isUploaded === undefined) return status;
    if (isUploaded) return 'queued';
    return this.isPast(record, EXPIRY_GRACE_MS) ? 'expired' : status;
  }

  /**
   * A list goes by the clock alone. The importer marks a file as queued within seconds of its arrival,
   * long before this says `expired`, unless it stands still for an hour.
   */
  private listedStatusOf(record: ImportRecord): ShownImport['status'] {
    const isUnused = record.status === 'awaiting-upload' && this.isPast(record, EXPIRY_GRACE_MS);
    return isUnused ? 'expired' : record.status;
  }

  private isPast({ uploadExpiresAtEpochMs }: ImportRecord, graceMs: number): boolean {
    return this.ports.clock.nowEpochMs() > uploadExpiresAtEpochMs + graceMs;
  }
}

function maySee({ seesAll, subject }: ImportViewer, { createdBy }: ImportRecord): boolean {
  return seesAll || createdBy?.subject === subject;
}

function reportName(fileName: string): string {
  return `${fileName.replace(/\.(?:csv|tsv|txt|dat)(?:\.gz)?$/i, '')}.errors.csv`;
}
