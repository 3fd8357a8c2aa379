import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { orUnavailable, unavailable } from '@sensorflow/platform/aws/or-unavailable.js';
import { Readable } from 'node:stream';
import { FileFault } from '../file-fault.js';
import type { ReportState, RunParts } from '../job/import-record.js';
import {
  UploadStorage,
  type ObjectVersion,
  type PresignedUpload,
  type UploadTarget,
} from '../job/upload-storage.js';
import {
  attachment,
  CSV_TYPE,
  GZIP_TYPE,
  partKey,
  partKeys,
  reportKey,
  uploadKey,
} from './object-keys.js';
import { unstalled } from './unstalled.js';

const OUTAGE = {
  code: 'storage-unavailable',
  detail: 'The storage of uploads does not answer at the moment.',
  retryAfterSeconds: 2,
};
const DELETIONS_AT_A_TIME = 8;
/** Longer than S3 ever thinks about the next bytes; who reads then opens the object again behind the last. */
const IDLE_MS = 10_000;

/**
 * Uploads and reports in one S3 bucket. The client must compute checksums only where required: one
 * of an absent body in a presigned URL would refuse every file.
 */
export class S3UploadStorage extends UploadStorage {
  constructor(
    private readonly s3: S3Client,
    private readonly bucketName: string,
    private readonly idleMs = IDLE_MS,
  ) {
    super();
  }

  override async presignUpload(target: UploadTarget): Promise<PresignedUpload> {
    const contentType = target.gzip ? GZIP_TYPE : CSV_TYPE;
    const headers = {
      'content-type': contentType,
      'content-length': String(target.bytes),
      'if-none-match': '*',
    };
    const command = new PutObjectCommand({
      Bucket: this.bucketName,
      Key: uploadKey(target),
      ContentType: contentType,
      ContentLength: target.bytes,
      IfNoneMatch: '*',
    });
    // What is not signed as a header is not binding: the presigner leaves out content-type unless told.
    const url = await getSignedUrl(this.s3, command, {
      expiresIn: target.expiresInSeconds,
      signableHeaders: new Set(['host', ...Object.keys(headers)]),
      unhoistableHeaders: new Set(Object.keys(headers)),
    });
    return { url, headers };
  }

  /** Needs the permission to list the bucket: without it S3 says 403 of an object that is missing. */
  override async isUploaded(target: Pick<UploadTarget, 'uploadId' | 'gzip'>): Promise<boolean> {
    const command = new HeadObjectCommand({ Bucket: this.bucketName, Key: uploadKey(target) });
    return orUnavailable(OUTAGE, async () => {
      try {
        await this.s3.send(command);
        return true;
      } catch (error) {
        if (error instanceof S3ServiceException && error.name === 'NotFound') return false;
        throw error;
      }
    });
  }

  override async presignReport(
    uploadId: string,
    fileName: string,
    expiresInSeconds: number,
  ): Promise<string> {
    const command = new GetObjectCommand({
      Bucket: this.bucketName,
      Key: reportKey(uploadId),
      ResponseContentDisposition: attachment(fileName),
      ResponseContentType: `${CSV_TYPE}; charset=utf-8`,
    });
    return getSignedUrl(this.s3, command, { expiresIn: expiresInSeconds });
  }

  override async open(object: ObjectVersion, offset: number): Promise<AsyncIterable<Uint8Array>> {
    const command = new GetObjectCommand({
      Bucket: this.bucketName,
      Key: uploadKey(object),
      IfMatch: `"${object.etag}"`,
      ...(offset > 0 && { Range: `bytes=${offset}-` }),
    });
    const { Body } = await orUnavailable(OUTAGE, () =>
      this.s3.send(command).catch(rethrowFileFault),
    );
    return this.bytesOf(Body);
  }

  private bytesOf(body: unknown): AsyncIterable<Uint8Array> {
    if (body instanceof Readable) return unstalled(body, this.idleMs);
    throw unavailable(OUTAGE, new TypeError('the body is no stream'));
  }

  override async putReportPart(
    uploadId: string,
    run: number,
    part: number,
    text: string,
  ): Promise<void> {
    const Key = partKey(uploadId, run, part);
    await orUnavailable(OUTAGE, () =>
      this.s3.send(
        new PutObjectCommand({ Bucket: this.bucketName, Key, Body: text, ContentType: CSV_TYPE }),
      ),
    );
  }

  override async assembleReport(
    uploadId: string,
    head: string,
    report: ReportState,
    tail: string,
  ): Promise<void> {
    const command = new PutObjectCommand({
      Bucket: this.bucketName,
      Key: reportKey(uploadId),
      ContentType: CSV_TYPE,
      ContentLength: Buffer.byteLength(head) + report.bytes + Buffer.byteLength(tail),
      Body: Readable.from(this.reportBytes(uploadId, head, report.parts, tail), {
        objectMode: false,
      }),
    });
    await orUnavailable(OUTAGE, () => this.s3.send(command));
  }

  private async *reportBytes(
    uploadId: string,
    head: string,
    parts: readonly RunParts[],
    tail: string,
  ): AsyncGenerator<Uint8Array> {
    yield Buffer.from(head);
    for (const Key of partKeys(uploadId, parts)) {
      const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: this.bucketName, Key }));
      yield* this.bytesOf(Body);
    }
    if (tail !== '') yield Buffer.from(tail);
  }

  override async deleteReportParts(uploadId: string, parts: readonly RunParts[]): Promise<void> {
    const keys = partKeys(uploadId, parts);
    for (let start = 0; start < keys.length; start += DELETIONS_AT_A_TIME) {
      const some = keys.slice(start, start + DELETIONS_AT_A_TIME);
      await orUnavailable(OUTAGE, () => Promise.all(some.map((key) => this.delete(key))));
    }
  }

  private async delete(key: string): Promise<void> {
    await this.s3.send(new DeleteObjectCommand({ Bucket: this.bucketName, Key: key }));
  }
}

function rethrowFileFault(error: unknown): never {
  const name = error instanceof S3ServiceException ? error.name : undefined;
  if (name === 'NoSuchKey') {
    throw new FileFault('file-missing', 'The uploaded file is no longer there.', error);
  }
  if (name === 'PreconditionFailed') {
    throw new FileFault('file-replaced', 'The file was replaced after its upload.', error);
  }
  throw error;
}
