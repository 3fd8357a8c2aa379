import {
  MAX_PART_BYTES,
  type HoursPart,
  type ImportManifest,
  type ManifestPart,
} from '@sensorflow/csv-import';
import { DynamoDbImportManifest } from '@sensorflow/csv-import/dynamodb/dynamodb-import-manifest.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InMemoryImportManifest } from '../support/in-memory-import-manifest.js';
import { startImportsTable } from '../support/imports-table.js';

interface Subject {
  readonly manifest: ImportManifest;
  stop(): Promise<void>;
}

const subjects: readonly (readonly [string, () => Promise<Subject>])[] = [
  [
    'the in-memory twin',
    async () => ({ manifest: new InMemoryImportManifest(), stop: async () => {} }),
  ],
  [
    'the DynamoDB adapter',
    async () => {
      const table = await startImportsTable();
      return {
        manifest: new DynamoDbImportManifest(table.client, table.name),
        stop: () => table.close(),
      };
    },
  ],
];

const HOURS = [
  { equipmentId: 'EQ-1', hour: '2026-11-30T08' },
  { equipmentId: 'EQ:2', hour: '2026-11-30T08' },
  { equipmentId: 'EQ-1', hour: '2026-11-30T09' },
];

function aPart(number: number, words: Partial<HoursPart> = {}): HoursPart {
  return { kind: 'hours', number, writer: 'a', hours: HOURS, totalHours: 3 * number, ...words };
}

describe.each(subjects)('the manifests of imports: %s', (_, start) => {
  let subject: Subject;
  let manifest: ImportManifest;
  let imports = 0;
  let uploadId: string;

  beforeAll(async () => {
    subject = await start();
    manifest = subject.manifest;
  });
  beforeEach(() => {
    imports += 1;
    uploadId = `018a4f00-0000-7000-8000-${String(imports).padStart(12, '0')}`;
  });
  afterAll(() => subject.stop());

  async function all(fromNumber = 1): Promise<readonly ManifestPart[]> {
    return Array.fromAsync(manifest.parts(uploadId, fromNumber));
  }

  it('have no part before the first', async () => {
    expect(await manifest.last(uploadId)).toBeUndefined();
    expect(await all()).toEqual([]);
  });

  it('keep parts in the order of their numbers', async () => {
    const parts = Array.from({ length: 12 }, (_part, index) => aPart(index + 1));
    for (const part of parts) expect(await manifest.create(uploadId, part)).toEqual(part);
    const fence = { kind: 'fence', number: 13, totalHours: 36 } as const;
    expect(await manifest.create(uploadId, fence)).toEqual(fence);

    expect(await all()).toEqual([...parts, fence]);
    expect(await all(12)).toEqual([parts[11], fence]);
    expect(await manifest.last(uploadId)).toEqual(fence);
  });

  it('keep the first part of a number, and answer it to everybody', async () => {
    const first = await manifest.create(uploadId, aPart(1));

    const other = await manifest.create(uploadId, aPart(1, { writer: 'b', hours: [] }));
    const fence = await manifest.create(uploadId, { kind: 'fence', number: 1, totalHours: 0 });

    expect([other, fence]).toEqual([first, first]);
    expect(await all()).toEqual([first]);
  });

  it('give the next number to one of many', async () => {
    const writers = ['a', 'b', 'c', 'd', 'e'];

    const stood = await Promise.all(
      writers.map(async (writer) => manifest.create(uploadId, aPart(1, { writer }))),
    );

    const [stands] = await all();
    expect(stood).toEqual(writers.map(() => stands));
  });

  it('hold parts of the largest size', async () => {
    const bytes = 128 + '2026-11-30T08'.length + 2;
    const hours = Array.from({ length: Math.floor(MAX_PART_BYTES / bytes) }, (_hour, n) => ({
      equipmentId: String(n).padStart(128, 'x'),
      hour: new Date(n * 3_600_000).toISOString().slice(0, 13),
    }));

    for (const number of [1, 2, 3, 4, 5]) {
      await manifest.create(uploadId, aPart(number, { hours }));
    }

    expect((await all()).map((part) => part.kind === 'hours' && part.hours.length)).toEqual(
      Array.from({ length: 5 }, () => hours.length),
    );
    expect(await manifest.last(uploadId)).toEqual(aPart(5, { hours }));
  });
});
