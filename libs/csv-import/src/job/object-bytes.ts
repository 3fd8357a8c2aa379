import { DomainError, type Clock } from '@sensorflow/kernel';
import { FileFault } from '../file-fault.js';
import type { UploadedObject } from './import-record.js';
import type { ObjectVersion, UploadStorage } from './upload-storage.js';

/** Openings in a row that bring nothing, before the reader gives up. */
const MAX_IDLE_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;

/**
 * The bytes of an uploaded object as one stream. S3 ends connections that stand idle while rows are
 * being written, so a stream that breaks off is opened again behind the last byte.
 */
export class ObjectBytes implements AsyncIterable<Uint8Array> {
  /** Where the next byte stands in the object. */
  position: number;

  constructor(
    private readonly storage: UploadStorage,
    private readonly clock: Clock,
    private readonly version: ObjectVersion,
    private readonly object: UploadedObject,
    offset: number,
  ) {
    this.position = offset;
  }

  /** Throws FileFault for an object that is gone, DomainError `unavailable` when it cannot be read. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let idleAttempts = 0; this.position < this.object.bytes;) {
      const before = this.position;
      let failure: unknown = new Error('the stream ended before the object did');
      try {
        for await (const chunk of await this.storage.open(this.version, this.position)) {
          this.position += chunk.byteLength;
          yield chunk;
        }
      } catch (error) {
        if (error instanceof FileFault) throw error;
        failure = error;
      }
      idleAttempts = this.position > before ? 0 : idleAttempts + 1;
      if (idleAttempts >= MAX_IDLE_ATTEMPTS) throw unreadable(failure);
      if (this.position < this.object.bytes) await this.pause(idleAttempts);
    }
  }

  private async pause(idleAttempts: number): Promise<void> {
    await this.clock.sleep(FIRST_PAUSE_MS * 2 ** idleAttempts);
  }
}

function unreadable(cause: unknown): DomainError {
  return new DomainError('unavailable', 'storage-unavailable', 'The file cannot be read now.', {
    cause,
  });
}
