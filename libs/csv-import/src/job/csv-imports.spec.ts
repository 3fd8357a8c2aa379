import { DomainError } from '@sensorflow/kernel';
import { Retention } from '@sensorflow/sensor-data';
import { describe, expect, it } from 'vitest';
import { ImportWorkbench } from '../../../../test/support/import-workbench.js';
import { InMemoryUploadStorage } from '../../../../test/support/in-memory-upload-storage.js';
import type { ImportOptions } from '../grammar/import-options.js';
import { CsvPreviews } from '../preview/csv-preview.js';
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
  const previews = new CsvPreviews(clock, Retention.FOREVER);
  const ports = { imports, quotas, storage, queue, previews, clock };
  const subject = new CsvImports(ports, 1000);
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

describe('a dry run', () => {
  const FILE = 'device,time,value\nEQ-1,05.06.2023 10:00,1\nEQ-1,x,2\n';
  const options = {
    columns: new Map([
      ['device', 'equipmentId'],
      ['time', 'timestamp'],
    ]),
    timestampFormat: 'dd.MM.yyyy HH:mm',
    timezone: 'Europe/Berlin',
    dryRun: true,
  };

  async function checked() {
    const bench = new ImportWorkbench();
    const { imports, quotas, queue, storage, clock } = bench;
    const previews = new CsvPreviews(clock, Retention.FOREVER);
    const subject = new CsvImports({ imports, quotas, storage, queue, previews, clock }, 1000);
    const request = await bench.upload(FILE, { options });
    const shown = async () => subject.importOf(request.uploadId, ADA);
    const before = await shown();
    await bench.run(request);
    return { bench, subject, previews, request, shown, before };
  }

  it('shows what it understood when it is done, as a preview does, and nothing of it is stored', async () => {
    const { bench, subject, previews, before, shown } = await checked();

    const { understood, record } = await shown();

    const { fileName, options: asked } = record;
    const preview = await previews.preview({ fileName, head: Buffer.from(FILE), options: asked });
    expect(understood).toEqual(preview);
    expect(understood?.readings).toHaveLength(1);
    expect([before.understood, record.status]).toEqual([undefined, 'completed-with-errors']);
    expect(await bench.readings()).toEqual([]);
    const { imports } = await subject.listImports(ADA, { limit: 10 });
    expect(imports[0]?.understood).toBeUndefined();
  });

  it('names the formats of the whole column, not of its head alone', async () => {
    const bench = new ImportWorkbench();
    const { imports, quotas, queue, storage, clock } = bench;
    const previews = new CsvPreviews(clock, Retention.FOREVER);
    const subject = new CsvImports({ imports, quotas, storage, queue, previews, clock }, 1000);
    const rows = Array.from({ length: 6000 }, (_, n) => `EQ-1;0${(n % 8) + 1}/03/2023;${n}\n`);
    const head = `device;time;value\n${rows.join('')}`;
    const fileOf = (last: string) => `${head}EQ-1;${last};1\n`;
    const { timestampFormat: _said, ...unsaid } = options;

    const understood = async (last: string, said: Partial<ImportOptions>) => {
      const request = await bench.upload(fileOf(last), { options: said });
      await bench.run(request, { pieceBytes: 4096 });
      const shown = await subject.importOf(request.uploadId, ADA);
      return {
        formats: shown.understood?.timestampFormats.map(({ format }) => format),
        proposed: shown.understood?.options.timestampFormat,
        faults: shown.understood?.faults.map(({ detail }) => detail).join(' ') ?? '',
        detail: shown.record.failure?.detail ?? '',
      };
    };

    const open = await understood('04/03/2023', unsaid);
    expect(open.formats).toEqual(['dd/MM/yyyy', 'MM/dd/yyyy']);
    expect([open.faults, open.detail].map((said) => /only timestampFormat/.test(said))).toEqual([
      true,
      true,
    ]);
    for (const [last, format] of [
      ['13/03/2023', 'dd/MM/yyyy'],
      ['03/13/2023', 'MM/dd/yyyy'],
    ] as const) {
      const decided = await understood(last, unsaid);
      expect([decided.formats, decided.proposed]).toEqual([[format], format]);
      expect(decided.faults).toContain(`written as ${format}: timestampFormat`);
      expect(decided.detail).toContain(`written as ${format}: timestampFormat`);
      const chosen = await understood(last, { ...unsaid, timestampFormat: 'dd/MM/yyyy' });
      expect(chosen.formats).toEqual([format]);
    }
    expect((await understood('never', unsaid)).formats).toEqual(['dd/MM/yyyy', 'MM/dd/yyyy']);
    expect((await understood('2023-03-13 10:00Z', unsaid)).formats).toEqual([]);
  });

  it('is shown without it when its file is gone', async () => {
    const { bench, request, shown } = await checked();

    bench.storage.remove(request.uploadId);

    const { understood, record } = await shown();
    expect([understood, record.status]).toEqual([undefined, 'completed-with-errors']);
  });
});
