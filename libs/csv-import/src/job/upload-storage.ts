import type { ReportState, RunParts } from './import-record.js';

export interface UploadTarget {
  readonly uploadId: string;
  readonly gzip: boolean;
  /** The exact length of the body. */
  readonly bytes: number;
  readonly expiresInSeconds: number;
}

/** A PUT that anyone may send who knows it, with exactly these headers. */
export interface PresignedUpload {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ObjectVersion {
  readonly uploadId: string;
  readonly gzip: boolean;
  readonly etag: string;
}

/**
 * The uploaded files and the error reports. Throws DomainError `unavailable`
 * (`storage-unavailable`) when the storage does not answer.
 */
export abstract class UploadStorage {
  /** One upload, of this length, to this place, never over another. */
  abstract presignUpload(target: UploadTarget): Promise<PresignedUpload>;

  /** Whether the file is there. */
  abstract isUploaded(target: Pick<UploadTarget, 'uploadId' | 'gzip'>): Promise<boolean>;

  /** Where a browser fetches the error report as a file of this name. */
  abstract presignReport(
    uploadId: string,
    fileName: string,
    expiresInSeconds: number,
  ): Promise<string>;

  /**
   * The bytes of this very object from `offset` on, which lies before its end. Throws FileFault
   * `file-missing` or `file-replaced`. The stream may break off at any place, with an error.
   */
  abstract open(object: ObjectVersion, offset: number): Promise<AsyncIterable<Uint8Array>>;

  /** Repeating it replaces the part. */
  abstract putReportPart(uploadId: string, run: number, part: number, text: string): Promise<void>;

  /** Makes one report of `head`, the parts in order and `tail`; repeating it changes nothing. */
  abstract assembleReport(
    uploadId: string,
    head: string,
    report: ReportState,
    tail: string,
  ): Promise<void>;

  /** Parts that do not exist are no fault. */
  abstract deleteReportParts(uploadId: string, parts: readonly RunParts[]): Promise<void>;
}
