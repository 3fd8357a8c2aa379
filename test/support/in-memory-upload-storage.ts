import {
  FileFault,
  UploadStorage,
  type ObjectVersion,
  type PresignedUpload,
  type ReportState,
  type RunParts,
  type UploadTarget,
} from '@sensorflow/csv-import';
import { createHash } from 'node:crypto';

/** The bucket in memory, for tests; keeps the contract of UploadStorage. */
export class InMemoryUploadStorage extends UploadStorage {
  private readonly uploads = new Map<string, { readonly bytes: Buffer; readonly etag: string }>();
  /** By upload, run and number, such as `<id>/1/1`. */
  readonly parts = new Map<string, string>();
  readonly reports = new Map<string, string>();
  /** What S3 would have been asked over the network. */
  readonly calls: string[] = [];
  /** The sizes of the chunks that a stream comes in, over and over. */
  chunkSizes: readonly number[] = [64 * 1024];

  /** Puts an object where an upload would; answers its ETag. */
  put(uploadId: string, bytes: Buffer): string {
    const etag = createHash('md5').update(bytes).digest('hex');
    this.uploads.set(uploadId, { bytes, etag });
    return etag;
  }

  remove(uploadId: string): void {
    this.uploads.delete(uploadId);
  }

  override async presignUpload(target: UploadTarget): Promise<PresignedUpload> {
    await Promise.resolve();
    return {
      url: `memory:${target.uploadId}`,
      headers: { 'content-length': String(target.bytes) },
    };
  }

  override async isUploaded({ uploadId }: Pick<UploadTarget, 'uploadId'>): Promise<boolean> {
    await Promise.resolve();
    this.calls.push(`isUploaded ${uploadId}`);
    return this.uploads.has(uploadId);
  }

  override async presignReport(uploadId: string, fileName: string): Promise<string> {
    await Promise.resolve();
    return `memory:${uploadId}/${fileName}`;
  }

  override async open(object: ObjectVersion, offset: number): Promise<AsyncIterable<Uint8Array>> {
    await Promise.resolve();
    const upload = this.uploads.get(object.uploadId);
    if (!upload) throw new FileFault('file-missing', 'The uploaded file is no longer there.');
    if (upload.etag !== object.etag) {
      throw new FileFault('file-replaced', 'The file was replaced after its upload.');
    }
    return this.stream(upload.bytes, offset);
  }

  private async *stream(bytes: Buffer, offset: number): AsyncGenerator<Uint8Array> {
    for (let at = offset, chunk = 0; at < bytes.length; chunk += 1) {
      await Promise.resolve();
      const size = this.chunkSizes[chunk % this.chunkSizes.length] ?? 1;
      yield bytes.subarray(at, at + size);
      at += size;
    }
  }

  override async putReportPart(
    uploadId: string,
    run: number,
    part: number,
    text: string,
  ): Promise<void> {
    await Promise.resolve();
    this.parts.set(`${uploadId}/${run}/${part}`, text);
  }

  override async assembleReport(
    uploadId: string,
    head: string,
    report: ReportState,
    tail: string,
  ): Promise<void> {
    await Promise.resolve();
    const texts = keysOf(uploadId, report.parts).map((key) => {
      const text = this.parts.get(key);
      if (text === undefined) throw new Error(`there is no part ${key}`);
      return text;
    });
    const body = texts.join('');
    if (Buffer.byteLength(body) !== report.bytes) throw new Error('the parts have another length');
    this.reports.set(uploadId, head + body + tail);
  }

  override async deleteReportParts(uploadId: string, parts: readonly RunParts[]): Promise<void> {
    await Promise.resolve();
    for (const key of keysOf(uploadId, parts)) this.parts.delete(key);
  }
}

function keysOf(uploadId: string, parts: readonly RunParts[]): readonly string[] {
  return parts.flatMap(({ run, count }) =>
    Array.from({ length: count }, (_, index) => `${uploadId}/${run}/${index + 1}`),
  );
}
