import { DomainError } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import {
  ALL_THE_TIME,
  ImportWorkbench,
  RecordedRecomputation,
} from '../../../../test/support/import-workbench.js';
import { mortalPorts } from '../../../../test/support/mortal-ports.js';
import type { ImportedHour } from '../undo/import-manifest.js';

const HEAD = 'equipmentId,timestamp,value\n';
const START_EPOCH_MS = Date.UTC(2023, 0, 1);
const at = (hour: number): string => new Date(START_EPOCH_MS + hour * 3_600_000).toISOString();
/** A reading of an hour each. */
const rows = (count: number): string =>
  Array.from({ length: count }, (_, n) => `EQ-1,${at(n)},${n}\n`).join('');
const SMALL = { pieceBytes: 256, maxBatchRows: 10, checkpointMs: 0 };

const unavailable = () => Promise.reject(new DomainError('unavailable', 'away', 'Away.'));

describe('the end of an import', () => {
  it('comes when its hours are recomputed, behind all of its blocks', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + rows(30));
    const aggregates = new RecordedRecomputation();
    const seen: unknown[] = [];
    aggregates.recompute = async (hours: readonly ImportedHour[]) => {
      const { status } = await bench.record(request.uploadId);
      seen.push(...hours.map(({ hour }) => [hour, status, bench.store.all('EQ-1').length]));
      return 0;
    };

    await bench.importer({}, { aggregates }).run(request, ALL_THE_TIME);

    const hours = Array.from({ length: 30 }, (_, n) => at(n).slice(0, 13));
    expect(seen).toEqual(hours.map((hour) => [hour, 'importing', 30]));
    expect((await bench.record(request.uploadId)).status).toBe('completed');
  });

  it.each(['no bad row', 'a bad row'])('does not come without them: %s', async (kind) => {
    const bench = new ImportWorkbench();
    const file = HEAD + rows(3) + (kind === 'a bad row' ? 'EQ-1,never,1\n' : '');
    const request = await bench.upload(file);
    const aggregates = new RecordedRecomputation();
    aggregates.recompute = unavailable;

    const run = bench.importer({}, { aggregates }).run(request, ALL_THE_TIME);

    await expect(run).rejects.toMatchObject({ code: 'away' });
    const { status, checkpoint } = await bench.record(request.uploadId);
    expect([status, checkpoint.rows.accepted]).toEqual(['importing', 3]);
    expect(checkpoint.recomputation).toMatchObject({ totalHours: 3, doneHours: 0 });
  });

  it('does not read the file again when a later run sees to it', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + rows(250));
    let looks = 0;
    const aggregates = new RecordedRecomputation();
    aggregates.recompute = async (hours) =>
      (looks += 1) === 2
        ? unavailable()
        : RecordedRecomputation.prototype.recompute.call(aggregates, hours);
    await bench
      .importer({ checkpointMs: 0 }, { aggregates })
      .run(request, ALL_THE_TIME)
      .catch(() => undefined);
    bench.storage.calls.length = 0;

    const outcome = await bench.importer({}, { aggregates }).run(request, ALL_THE_TIME);

    expect(outcome).toBe('finished');
    expect(bench.storage.calls).toEqual([]);
    expect(aggregates.recomputed).toHaveLength(250);
    expect(new Set(aggregates.recomputed).size).toBe(250);
  });

  it('is handed over when the time is up, and when it is the turn of others', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + rows(250));
    const { uploadId } = request;
    const recomputed = bench.aggregates.recomputed;
    const untilSome = () => (recomputed.length > 0 ? 0 : 900_000);

    const first = await bench.importer().run(request, untilSome);
    const between = [recomputed.length, (await bench.record(uploadId)).status];
    bench.queue.othersWait = true;
    const second = await bench.importer({ sliceMs: 0 }).run(request, ALL_THE_TIME);
    bench.queue.othersWait = false;
    const third = await bench.run(request);

    expect([first, second, third]).toEqual(['handed-over', 'handed-over', 'finished']);
    expect(between).toEqual([100, 'importing']);
    expect(bench.queue.delays).toEqual([0, 2]);
    expect(recomputed).toHaveLength(250);
  });

  it('also comes so to a file that breaks off, with the rows before the break', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + rows(50));
    const open = bench.storage.open.bind(bench.storage);
    bench.storage.open = async (...args) => {
      if (args[1] > 0) bench.storage.put(request.uploadId, Buffer.from('another'));
      return open(...args);
    };
    let looks = 0;
    const soon = () => ((looks += 1) > 4 ? 0 : 900_000);
    await bench.importer(SMALL).run(request, soon);

    await bench.run(request);

    const { status, failure, checkpoint } = await bench.record(request.uploadId);
    expect([status, failure?.code]).toEqual(['failed', 'file-replaced']);
    expect(checkpoint.rows.accepted).toBeGreaterThan(0);
    expect(bench.aggregates.recomputed.length).toBeGreaterThanOrEqual(checkpoint.rows.accepted);
  });

  it('needs none of a file that only was to be checked', async () => {
    const bench = new ImportWorkbench();

    const { status } = await bench.importFile(HEAD + rows(3), { options: { dryRun: true } });

    expect([status, bench.aggregates.recomputed]).toEqual(['completed', []]);
  });

  it('comes after kills at any step, with every hour recomputed behind its readings', async () => {
    for (let step = 1, ended = false; !ended; step += 1) {
      const bench = new ImportWorkbench();
      const request = await bench.upload(HEAD + rows(25));
      const outcome = await bench
        .importer(SMALL, mortalPorts(bench.ports, step))
        .run(request, ALL_THE_TIME)
        .catch(() => 'killed');
      ended = outcome === 'finished';

      await bench.run({ ...request, messageId: 'again' }, SMALL);

      expect((await bench.record(request.uploadId)).status).toBe('completed');
      expect(new Set(bench.aggregates.recomputed).size).toBe(25);
    }
  });
});
