import { DomainError, instantFromEpochMs } from '@sensorflow/kernel';
import { Retention } from '@sensorflow/sensor-data';
import { describe, expect, it } from 'vitest';
import {
  ALL_THE_TIME,
  ImportWorkbench,
  RecordedRecomputation,
} from '../../../../test/support/import-workbench.js';
import { aReading } from '../../../../test/support/readings.js';
import type { RunRequest } from '../job/leased-runs.js';
import type { ImportedHour } from './import-manifest.js';

const HEAD = 'equipmentId,timestamp,value\n';
const START_EPOCH_MS = Date.UTC(2023, 0, 1);
const at = (hour: number): string => new Date(START_EPOCH_MS + hour * 3_600_000).toISOString();
/** A reading of an hour each. */
const rows = (count: number, value: number, from = 0): string =>
  Array.from({ length: count }, (_, n) => `EQ-1,${at(from + n)},${value}\n`).join('');
const standing = (hour: number, value: number) =>
  `EQ-1 ${instantFromEpochMs(Date.parse(at(hour)))} value=${value}`;

async function correct(bench: ImportWorkbench, hour: number, value: number): Promise<void> {
  bench.clock.advance(1000);
  const timestamp = instantFromEpochMs(Date.parse(at(hour)));
  const reading = aReading({ equipmentId: 'EQ-1', timestamp, values: { value } });
  expect(await bench.writer.write([reading])).toMatchObject([{ outcome: 'stored' }]);
}

async function imported(bench: ImportWorkbench, file: string): Promise<RunRequest> {
  bench.clock.advance(1000);
  const request = await bench.upload(HEAD + file);
  await bench.run(request);
  return request;
}

describe('an import that is taken back', () => {
  it('gives back what it replaced, and leaves what came later', async () => {
    const bench = new ImportWorkbench();
    await correct(bench, 0, 1);
    await imported(bench, rows(2, 2, 1));
    const { uploadId } = await imported(bench, rows(4, 3));
    await correct(bench, 3, 4);

    const undo = await bench.beginUndo(uploadId);
    const outcome = await bench.undoer().run(undo, ALL_THE_TIME);

    expect(outcome).toBe('undone');
    expect(await bench.readings()).toEqual([
      standing(0, 1),
      standing(1, 2),
      standing(2, 2),
      standing(3, 4),
    ]);
    expect(await bench.record(uploadId)).toMatchObject({
      status: 'undone',
      undo: { by: 'ann', totalHours: 4, doneHours: 4, sealedHours: 0 },
    });
  });

  it('has each of its hours recomputed after its mark', async () => {
    const bench = new ImportWorkbench();
    const { uploadId } = await imported(bench, rows(3, 1) + rows(1, 2));
    const marked: boolean[] = [];
    const aggregates = new RecordedRecomputation();
    aggregates.recompute = async (hours: readonly ImportedHour[]) => {
      await Promise.resolve();
      const keys = new Set(bench.store.all('EQ-1').map(({ key }) => key));
      marked.push(...hours.map(({ hour }) => keys.has(`${hour}#!undone#${uploadId}`)));
      return 0;
    };

    const undo = await bench.beginUndo(uploadId);
    await bench.undoer({ aggregates }).run(undo, ALL_THE_TIME);

    expect(marked).toEqual([true, true, true]);
  });

  it('says undone only once they are recomputed', async () => {
    const bench = new ImportWorkbench();
    const { uploadId } = await imported(bench, rows(3, 1));
    const aggregates = new RecordedRecomputation();
    aggregates.recompute = () => Promise.reject(new DomainError('unavailable', 'away', 'Away.'));
    const undo = await bench.beginUndo(uploadId);

    const run = bench.undoer({ aggregates }).run(undo, ALL_THE_TIME);

    await expect(run).rejects.toMatchObject({ code: 'away' });
    expect(await bench.record(uploadId)).toMatchObject({
      status: 'undoing',
      undo: { doneHours: 0 },
    });
    expect(await bench.undoer().run(undo, ALL_THE_TIME)).toBe('undone');
  });

  it('is hidden also where a block of it lands later', async () => {
    const bench = new ImportWorkbench();
    const { uploadId } = await imported(bench, rows(3, 1));
    const blocks = bench.store.all('EQ-1');
    for (const block of blocks) bench.store.delete(block);

    const undo = await bench.beginUndo(uploadId);
    await bench.undoer().run(undo, ALL_THE_TIME);
    for (const block of blocks) bench.store.put(block);

    expect(await bench.readings()).toEqual([]);
  });

  it('is cancelled first, if it runs: it can name no further hour', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + rows(40, 1));
    const { uploadId } = request;
    let calls = 0;
    const readings = {
      writeBlocks: async (...args: Parameters<typeof bench.writer.writeBlocks>) => {
        calls += 1;
        if (calls === 2) {
          const undo = await bench.beginUndo(uploadId);
          await bench.undoer().run(undo, ALL_THE_TIME);
        }
        return bench.writer.writeBlocks(...args);
      },
    };

    const limits = { pieceBytes: 256, maxBatchRows: 5, maxCalls: 1 };
    const outcome = await bench.importer(limits, { readings }).run(request, ALL_THE_TIME);

    expect(outcome).toBe('superseded');
    expect((await bench.record(uploadId)).status).toBe('undone');
    expect(await bench.readings()).toEqual([]);
    expect((await bench.record(uploadId)).undo?.totalHours).toBeLessThan(40);
    expect(await bench.run(request)).toBe('already-finished');
  });

  it('may never have begun', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + rows(2, 1));
    await bench.beginUndo(request.uploadId);

    expect(await bench.fairImporter().run(request, ALL_THE_TIME)).toBe('undone');

    expect(await bench.readings()).toEqual([]);
    expect(await bench.record(request.uploadId)).toMatchObject({ undo: { totalHours: 0 } });
  });

  it('goes on with a fresh message when its time is up', async () => {
    const bench = new ImportWorkbench();
    const { uploadId } = await imported(bench, rows(250, 1));
    const undo = await bench.beginUndo(uploadId);
    let looks = 0;
    const twice = () => ((looks += 1) > 2 ? 0 : 900_000);

    const outcomes = [
      await bench.undoer().run(undo, twice),
      await bench.undoer().run(undo, ALL_THE_TIME),
      await bench.undoer().run(undo, ALL_THE_TIME),
    ];

    expect(outcomes).toEqual(['handed-over', 'undone', 'nothing-to-undo']);
    expect(bench.queue.continued).toEqual([uploadId]);
    expect(await bench.readings()).toEqual([]);
  });

  it('goes on within the part in which it stood', async () => {
    const bench = new ImportWorkbench();
    const file = await bench.upload(HEAD + rows(250, 1));
    await bench.run(file, { pieceBytes: 256, maxBatchRows: 15, maxCalls: 1 });
    const { uploadId } = file;
    const undo = await bench.beginUndo(uploadId);
    const aggregates = new RecordedRecomputation();
    const twice = () => (aggregates.recomputed.length > 20 ? 0 : 900_000);

    await bench.undoer({ aggregates }).run(undo, twice);
    const between = await bench.record(uploadId);
    const before = aggregates.recomputed.length;
    await bench.undoer({ aggregates }).run(undo, ALL_THE_TIME);

    expect(before).toBe(100);
    expect(between.undo).toMatchObject({ totalHours: 250, doneHours: before });
    expect(aggregates.recomputed).toHaveLength(250);
    expect((await bench.record(uploadId)).undo).toMatchObject({ doneHours: 250 });
  });

  it('leaves sealed hours, and counts them', async () => {
    const retention = Retention.ofDays(4);
    const bench = new ImportWorkbench();
    bench.clock.advance(START_EPOCH_MS + 3 * 86_400_000 - bench.clock.nowEpochMs());
    const { uploadId } = await imported(bench, rows(5, 1, 0));
    bench.clock.advance(2 * 3_600_000);
    bench.aggregates.recomputed.length = 0;
    const undo = await bench.beginUndo(uploadId);

    await bench.undoer({ retention }).run(undo, ALL_THE_TIME);

    expect((await bench.record(uploadId)).undo).toMatchObject({ doneHours: 5, sealedHours: 3 });
    expect(bench.aggregates.recomputed).toHaveLength(2);
    const marks = bench.store.all('EQ-1').filter(({ key }) => key.includes('!undone'));
    expect(marks.map(({ expiresAtEpochSeconds }) => expiresAtEpochSeconds)).toEqual(
      [3, 4].map((hour) => (START_EPOCH_MS + (hour + 1) * 3_600_000 + 4 * 86_400_000) / 1000),
    );
  });

  it('is given up for now when the store does not take the marks', async () => {
    const bench = new ImportWorkbench();
    const { uploadId } = await imported(bench, rows(1, 1));
    const undo = await bench.beginUndo(uploadId);
    let calls = 0;
    const readings = {
      writeBlocks: async () => {
        calls += 1;
        return Promise.resolve([{ outcome: 'unknown' as const }]);
      },
    };

    const run = bench.undoer({ readings }).run(undo, ALL_THE_TIME);

    await expect(run).rejects.toMatchObject({ kind: 'unavailable', code: 'marks-unconfirmed' });
    expect(calls).toBe(15);
    expect((await bench.record(uploadId)).status).toBe('undoing');
  });

  it('is a matter of its record: an import that nobody takes back is left alone', async () => {
    const bench = new ImportWorkbench();
    const { uploadId } = await imported(bench, rows(1, 1));

    const undo = bench.continuation(uploadId);
    expect(await bench.undoer().run(undo, ALL_THE_TIME)).toBe('nothing-to-undo');
    expect(await bench.undoer().run(bench.continuation('nobody’s'), ALL_THE_TIME)).toBe(
      'nothing-to-undo',
    );
    expect(await bench.readings()).toHaveLength(1);
  });
});
