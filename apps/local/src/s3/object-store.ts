import type { Clock } from '@sensorflow/kernel';
import type { MessageQueue } from '../sqs/message-queue.js';
import { objectCreatedMessage } from './object-created-event.js';
import type { FileDraft, ObjectFiles } from './object-files.js';
import { ObjectTable, type StoredObject } from './object-table.js';
import { preconditionFailed } from './s3-error.js';

export interface StoredBucket {
  readonly name: string;
  /** Keys that begin so raise events; none do when it is left out. */
  readonly notifyPrefix?: string;
}

export interface NewObject {
  readonly key: string;
  readonly size: number;
  readonly etagHex: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly checksums: Readonly<Record<string, string>>;
  readonly onlyIfAbsent: boolean;
  readonly requestId: string;
}

/** Objects: their bytes in files, all else in the uploads database, together with their events. */
export class ObjectStore {
  private readonly table: ObjectTable;

  constructor(
    readonly files: ObjectFiles,
    private readonly queue: MessageQueue,
    private readonly region: string,
    private readonly clock: Clock,
  ) {
    this.table = new ObjectTable(queue.database.connection);
  }

  /** Makes the bucket ready and removes what a crash left in it. */
  async openBucket(bucket: string): Promise<void> {
    await this.files.prepareBucket(bucket);
    await this.files.sweep(bucket, this.table.files(bucket));
  }

  find(bucket: string, key: string): StoredObject | undefined {
    return this.table.find(bucket, key);
  }

  from(bucket: string, firstKey: string): Iterable<StoredObject> {
    return this.table.from(bucket, firstKey);
  }

  /**
   * Makes a complete draft the object of its key. The order matters: the file is durable before the
   * row that names it, and row and event are one transaction; a crash in between leaves a file to sweep.
   * Throws S3Error `PreconditionFailed` when another upload came first.
   */
  async put(bucket: StoredBucket, draft: FileDraft, upload: NewObject): Promise<StoredObject> {
    await draft.keep();
    const { stored, replaced } = this.queue.database.transaction(() => {
      const earlier = this.table.find(bucket.name, upload.key);
      if (earlier && upload.onlyIfAbsent) throw preconditionFailed();
      const row = this.insertRow(bucket, draft.file, upload);
      this.notify(bucket, row, upload.requestId);
      return { stored: row, replaced: earlier };
    });
    if (replaced) await this.removeFile(replaced);
    return stored;
  }

  /** Removing what is not there is no error, as in S3. */
  async remove(bucket: string, key: string): Promise<void> {
    const object = this.table.find(bucket, key);
    if (!object) return;
    this.table.remove(bucket, key);
    await this.removeFile(object);
  }

  private insertRow(bucket: StoredBucket, file: string, upload: NewObject): StoredObject {
    const { key, size, etagHex, headers, checksums } = upload;
    const modifiedAtEpochMs = this.clock.nowEpochMs();
    const values = { key, size, etagHex, headers, checksums, modifiedAtEpochMs };
    return this.table.put({ bucket: bucket.name, file, ...values });
  }

  private notify(bucket: StoredBucket, object: StoredObject, requestId: string): void {
    if (bucket.notifyPrefix === undefined || !object.key.startsWith(bucket.notifyPrefix)) return;
    const { modifiedAtEpochMs: atEpochMs, key, size, etagHex, sequence } = object;
    const event = { bucket: bucket.name, key, size, etagHex, sequence, atEpochMs, requestId };
    this.queue.send(objectCreatedMessage({ region: this.region, ...event }));
  }

  /** A file that cannot be removed now is swept at the next start; the change itself has succeeded. */
  private async removeFile(object: StoredObject): Promise<void> {
    await this.files.remove(object.bucket, object.file).catch(() => undefined);
  }
}
