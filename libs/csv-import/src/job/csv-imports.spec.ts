import { DomainError } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { ImportWorkbench } from '../../../../test/support/import-workbench.js';
import { InMemoryUploadStorage } from '../../../../test/support/in-memory-upload-storage.js';
import { CsvImports } from './csv-imports.js';

const ADA = { subject: 'subject-of-ada', name: 'ada', seesAll: false };
const HOUR_MS = 3_600_000;

class UnreachableStorage extends InMemoryUploadStorage {
  override async isUploaded(): Promise<boolean> {
    await Promise.resolve();
    throw new DomainError('unavailable', 'storage-unavailable', 'It is.');
  }
}

async function opened(storage = new InMemoryUploadStorage()) {
  const { clock, imports, quotas, queue } = new ImportWorkbench();
  const subject = new CsvImports({ imports, quotas, storage, queue, clock }, 1000);
  const { uploadId } = await subject.openImport({ fileName: 'r.csv', size: 10 }, ADA);
  const shown = async () => (await subject.importOf(uploadId, ADA)).status;
  const listed = async () => (await subject.listImports(ADA, { limit: 10 })).imports[0]?.status;
  return { clock, imports, storage, uploadId, shown, listed };
}

describe('the status of an import that no run has seen yet', () => {
  it('is awaiting-upload, then expired when no file came in time', async () => {
    const { clock, shown, listed } = await opened();
    expect([await shown(), await listed()]).toEqual(['awaiting-upload', 'awaiting-upload']);
    clock.advance(HOUR_MS);
    expect([await shown(), await listed()]).toEqual(['awaiting-upload', 'awaiting-upload']);

    clock.advance(HOUR_MS);

    expect([await shown(), await listed()]).toEqual(['expired', 'expired']);
  });

  it('is queued once the file is there, and never expired', async () => {
    const { clock, imports, storage, uploadId, shown, listed } = await opened();

    const etag = storage.put(uploadId, Buffer.from('0123456789'));

    expect(await shown()).toBe('queued');
    await imports.markQueued(uploadId, { etag, bytes: 10 });
    clock.advance(100 * HOUR_MS);
    expect([await shown(), await listed()]).toEqual(['queued', 'queued']);
  });

  it('stays as it is while the storage does not answer, which a list does not ask', async () => {
    const { clock, shown, listed } = await opened(new UnreachableStorage());

    clock.advance(100 * HOUR_MS);

    expect([await shown(), await listed()]).toEqual(['awaiting-upload', 'expired']);
  });
});
