import { describe, expect, it } from 'vitest';
import { ALL_THE_TIME, ImportWorkbench } from '../../../../test/support/import-workbench.js';
import { mortalPorts } from '../../../../test/support/mortal-ports.js';
import type { RunRequest } from '../job/leased-runs.js';

const MAX_DELIVERIES = 5;
const HEAD = 'equipmentId,timestamp,value\n';
const START_EPOCH_MS = Date.UTC(2023, 0, 1);
const rows = (count: number): string =>
  Array.from(
    { length: count },
    (_, n) => `EQ-1,${new Date(START_EPOCH_MS + n * 3_600_000).toISOString()},${n}\n`,
  ).join('');
const SMALL = { checkpointMs: 0 };

/** An import of so many hours that is to be taken back. */
async function undoing(hours: number) {
  const bench = new ImportWorkbench();
  const file = await bench.upload(HEAD + rows(hours));
  await bench.run(file);
  bench.aggregates.recomputed.length = 0;
  return { bench, request: await bench.beginUndo(file.uploadId) };
}

async function killed(bench: ImportWorkbench, request: RunRequest, step: number) {
  return bench
    .undoer(mortalPorts(bench.ports, step), SMALL)
    .run(request, ALL_THE_TIME)
    .catch(() => 'killed' as const);
}

/** A queue of one undo whose every run is killed after so many steps; answers how it ended. */
async function deliverAndKill(bench: ImportWorkbench, first: RunRequest, steps: number) {
  let message: RunRequest | undefined = first;
  for (let n = 0, deliveries = 1; message && n < 1000; n += 1, deliveries += 1) {
    if (deliveries > MAX_DELIVERIES) return 'dead letter';
    const isLastDelivery = deliveries === MAX_DELIVERIES;
    const outcome = await killed(bench, { ...message, deliveries, isLastDelivery }, steps);
    // Or the run before was killed when it had said so.
    if (outcome === 'undone' || outcome === 'nothing-to-undo') return 'undone';
    if (outcome === 'killed') continue;
    deliveries = 0;
    const uploadId = bench.queue.continued.shift();
    message = uploadId === undefined ? undefined : bench.continuation(uploadId, `fresh-${n}`);
  }
  return 'no end';
}

describe('an undo whose runs are killed', () => {
  it('goes on from any step, and ends with nothing of the import', async () => {
    for (let step = 1, ended = false; !ended; step += 1) {
      const { bench, request } = await undoing(120);
      ended = (await killed(bench, request, step)) === 'undone';

      await bench.undoer().run(request, ALL_THE_TIME);

      expect(await bench.readings()).toEqual([]);
      expect(await bench.record(request.uploadId)).toMatchObject({
        status: 'undone',
        undo: { totalHours: 120, doneHours: 120, sealedHours: 0 },
      });
      expect(new Set(bench.aggregates.recomputed).size).toBe(120);
    }
  });

  it('comes to its end however often that happens, as long as it gets on in between', async () => {
    const { bench, request } = await undoing(1500);

    expect(await deliverAndKill(bench, request, 24)).toBe('undone');

    expect(await bench.readings()).toEqual([]);
  });

  it('is tried again a quarter of an hour after it has worn its message out', async () => {
    const { bench, request } = await undoing(3);
    expect(await deliverAndKill(bench, request, 8)).toBe('dead letter');
    const { uploadId } = request;
    expect(bench.queue).toMatchObject({ continued: [uploadId], delays: [900] });

    const outcome = await bench.undoer().run(bench.continuation(uploadId), ALL_THE_TIME);

    expect(outcome).toBe('undone');
    expect(await bench.readings()).toEqual([]);
  });

  it('ends at its last delivery as at any other; the message behind it finds nothing to do', async () => {
    const { bench, request } = await undoing(3);
    const last = { ...request, deliveries: MAX_DELIVERIES, isLastDelivery: true };

    expect(await bench.undoer().run(last, ALL_THE_TIME)).toBe('undone');

    const behind = bench.continuation(request.uploadId);
    expect(await bench.undoer().run(behind, ALL_THE_TIME)).toBe('nothing-to-undo');
  });

  it('is also begun by whoever asks for it again', async () => {
    const { bench, request } = await undoing(3);
    await deliverAndKill(bench, request, 8);
    bench.clock.advance(30_000);
    const { uploadId } = request;

    const begun = await bench.imports.beginUndo(uploadId, 'ann', bench.clock.nowEpochMs());

    expect(begun).toMatchObject({ needsRun: true, record: { status: 'undoing' } });
  });
});

describe('two runs of an undo', () => {
  it('leave it to the newer one; the older stops at its next step', async () => {
    const { bench, request } = await undoing(300);
    const newer = bench.continuation(request.uploadId, 'another');
    let outcome: unknown;
    const write = bench.writer.writeBlocks.bind(bench.writer);
    const readings = {
      writeBlocks: async (...args: Parameters<typeof write>) => {
        outcome ??= await bench.undoer().run(newer, ALL_THE_TIME);
        return write(...args);
      },
    };

    const older = await bench.undoer({ readings }, SMALL).run(request, ALL_THE_TIME);

    expect([older, outcome]).toEqual(['superseded', 'undone']);
    expect(await bench.readings()).toEqual([]);
  });

  it('do so also when the older one only finds out at its end', async () => {
    const { bench, request } = await undoing(3);
    const newer = bench.continuation(request.uploadId, 'another');
    let outcome: unknown;
    const write = bench.writer.writeBlocks.bind(bench.writer);
    const readings = {
      writeBlocks: async (...args: Parameters<typeof write>) => {
        outcome ??= await killed(bench, newer, 6);
        return write(...args);
      },
    };

    const older = await bench.undoer({ readings }).run(request, ALL_THE_TIME);

    expect([older, outcome]).toEqual(['superseded', 'killed']);
    expect((await bench.record(request.uploadId)).status).toBe('undoing');
  });

  it('of one message keep the message while the newer one works', async () => {
    const { bench, request } = await undoing(300);
    const write = bench.writer.writeBlocks.bind(bench.writer);
    let newer: unknown;
    const readings = {
      writeBlocks: async (...args: Parameters<typeof write>) => {
        newer ??= await killed(bench, request, 6);
        return write(...args);
      },
    };

    const older = await bench.undoer({ readings }, SMALL).run(request, ALL_THE_TIME);

    expect([older, newer]).toEqual(['contested', 'killed']);
  });
});

describe('undos among the imports of their caller', () => {
  it('take a slot like imports, and give it back', async () => {
    const { bench, request } = await undoing(3);
    const other = await bench.upload(HEAD + rows(3));
    let outcome: unknown;
    const write = bench.writer.writeBlocks.bind(bench.writer);
    const readings = {
      writeBlocks: async (...args: Parameters<typeof write>) => {
        outcome ??= await bench.fairImporter().run(request, ALL_THE_TIME);
        return write(...args);
      },
    };

    const own = await bench.fairImporter({}, { readings }).run(other, ALL_THE_TIME);

    expect([own, outcome]).toEqual(['finished', 'waiting']);
    expect(bench.queue.continued).toEqual([request.uploadId]);
    expect(await bench.fairImporter().run(request, ALL_THE_TIME)).toBe('undone');
    const nothing = { open: [], unfinished: [], slots: new Map() };
    expect(await bench.quotas.find('subject-of-ada')).toEqual(nothing);
  });

  it('let others take their turn, and go on later', async () => {
    const { bench, request } = await undoing(300);
    bench.queue.othersWait = true;

    const first = await bench.undoer({}, { sliceMs: 0 }).run(request, ALL_THE_TIME);
    bench.queue.othersWait = false;
    const second = await bench.undoer().run(request, ALL_THE_TIME);

    expect([first, second]).toEqual(['handed-over', 'undone']);
    expect(bench.queue.delays).toEqual([2]);
  });
});
