import { describe, expect, it } from 'vitest';
import {
  ALL_THE_TIME,
  ImportWorkbench,
  type UploadedFile,
} from '../../../../test/support/import-workbench.js';
import { InMemoryUploadStorage } from '../../../../test/support/in-memory-upload-storage.js';
import type { ObjectVersion } from './upload-storage.js';

const HEAD = 'equipmentId,timestamp,value\n';
const LOCAL = 'EQ-1,2023-02-15 10:00:00,1\n';

/** Loses a file once it has been read. */
class OnceReadable extends InMemoryUploadStorage {
  override async open(version: ObjectVersion, offset: number): Promise<AsyncIterable<Uint8Array>> {
    const bytes = await super.open(version, offset);
    this.remove(version.uploadId);
    return bytes;
  }
}

async function failureOf(file: string, words: UploadedFile = {}) {
  const { status, failure } = await new ImportWorkbench().importFile(file, words);
  return [status, failure?.code, failure?.detail];
}

describe('a file without a valid row', () => {
  it.each<[string, string, UploadedFile, readonly RegExp[]]>([
    ['of a zone', `${HEAD}${LOCAL.repeat(3)}`, {}, [/Line 2 and 2 more: .*option timezone/]],
    [
      'of a format, and of a zone behind it',
      `${HEAD}EQ-1,13.02.2023 10:00,1\n`,
      {},
      [/Line 2: timestamp-malformed/, /dd\.MM\.yyyy HH:mm: timestampFormat/, /timezone/],
    ],
    [
      'of a choice between formats',
      `${HEAD}EQ-1,03/04/2023,1\n`,
      { options: { timezone: 'UTC' } },
      [/dd\/MM\/yyyy or MM\/dd\/yyyy: only timestampFormat/],
    ],
    [
      'of decimal commas',
      'equipmentId;timestamp;value\nEQ-1;2023-02-15T10:00:00Z;1,5\n',
      {},
      [/Line 2: value-not-a-number.*option decimal/],
    ],
    [
      'of what most rows need, behind another fault',
      `${HEAD}# made today\n-,-,5\n${LOCAL.repeat(3)}`,
      {},
      [/Line 3: equipment-id-invalid/, /Line 4 and 2 more: timestamp-offset-missing/],
    ],
    [
      'of the equipment of a key',
      `${HEAD}EQ-1,2023-02-15T10:00:00Z,1\n`,
      { equipmentEntries: ['EQ-2'] },
      [/Line 2: equipment-forbidden.*EQ-2/],
    ],
  ])('says with its first fault what it lacks: it speaks %s', async (_, file, words, said) => {
    const [status, code, detail] = await failureOf(file, words);

    expect([status, code]).toEqual(['failed', 'no-valid-row']);
    for (const part of said) expect(detail).toMatch(part);
  });

  it('says so in few words, however long its rows are', async () => {
    const row = `EQ-1,${'x'.repeat(60_000)},${'y'.repeat(60)}\n`;

    const [, code, detail] = await failureOf(HEAD + row);

    expect(code).toBe('no-valid-row');
    expect(detail?.length).toBeLessThan(1000);
  });

  it('fails alike when its file is gone', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + LOCAL);
    const storage = new OnceReadable();
    storage.put(request.uploadId, Buffer.from(HEAD + LOCAL));

    await bench.importer({}, { storage }).run(request, ALL_THE_TIME);

    const record = await bench.imports.find(request.uploadId);
    expect([record?.status, record?.failure]).toEqual([
      'failed',
      { code: 'no-valid-row', detail: 'No row of the file is a valid reading.' },
    ]);
  });
});
