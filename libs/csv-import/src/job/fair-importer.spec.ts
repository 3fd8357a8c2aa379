import { describe, expect, it } from 'vitest';
import { ALL_THE_TIME, ImportWorkbench } from '../../../../test/support/import-workbench.js';
import type { RunRequest } from './leased-runs.js';

const HEAD = 'equipmentId,timestamp,value\n';
const rows = (count: number): string =>
  Array.from(
    { length: count },
    (_, i) => `EQ-1,${new Date(Date.UTC(2023, 0, 1, 0, i)).toISOString()},${i}\n`,
  ).join('');
const SMALL = { pieceBytes: 256, maxBatchRows: 10, checkpointMs: 0 };

/** A message that says that there is a rest. */
const continuation = ({ uploadId }: RunRequest): RunRequest => ({
  uploadId,
  messageId: `continues-${uploadId}`,
  object: undefined,
});

/** Opens an import and uploads its file. */
async function uploaded(bench: ImportWorkbench, createdBy: string | null, file = HEAD + rows(3)) {
  const request = await bench.upload(file, { createdBy });
  if (createdBy !== null) {
    await bench.quotas.addOpen(`subject-of-${createdBy}`, request.uploadId, 100);
  }
  return request;
}

/** Runs of others while this import is at work: answers what became of them. */
async function during(bench: ImportWorkbench, request: RunRequest, work: () => Promise<unknown>) {
  let outcome: unknown;
  let hasWorked = false;
  const write = bench.ports.readings.writeBlocks.bind(bench.ports.readings);
  const readings = {
    writeBlocks: async (...args: Parameters<typeof write>) => {
      if (!hasWorked) {
        hasWorked = true;
        outcome = await work();
      }
      return write(...args);
    },
  };
  const own = await bench.fairImporter(SMALL, { readings }).run(request, ALL_THE_TIME);
  return { own, outcome };
}

describe('imports of several callers', () => {
  it('run side by side, but of one caller one at a time', async () => {
    const bench = new ImportWorkbench();
    const big = await uploaded(bench, 'ada', HEAD + rows(100));
    const second = await uploaded(bench, 'ada');
    const others = await uploaded(bench, 'bob');

    const { own, outcome } = await during(bench, big, async () => [
      await bench.fairImporter().run(second, ALL_THE_TIME),
      await bench.fairImporter().run(others, ALL_THE_TIME),
    ]);

    expect([own, outcome]).toEqual(['finished', ['waiting', 'finished']]);
    expect(bench.queue.continued).toEqual([second.uploadId]);
    expect(await bench.record(second.uploadId)).toMatchObject({ status: 'queued', runs: 0 });
    const later = await bench.fairImporter().run(continuation(second), ALL_THE_TIME);
    expect(later).toBe('finished');
  });

  it('wait the longer the more of them wait, so that they ask seldom', async () => {
    const bench = new ImportWorkbench();
    const big = await uploaded(bench, 'ada', HEAD + rows(100));
    const waiting: RunRequest[] = [];
    for (let n = 0; n < 50; n += 1) waiting.push(await uploaded(bench, 'ada'));

    await during(bench, big, async () => {
      for (const one of waiting) await bench.fairImporter().run(one, ALL_THE_TIME);
    });

    // Together they ask once a second.
    expect(bench.queue.delays).toEqual(waiting.map((_one, n) => n + 2));
    expect(bench.queue.continued).toHaveLength(50);
  });

  it('are counted until they have ended, and no longer', async () => {
    const bench = new ImportWorkbench();
    const request = await uploaded(bench, 'ada');
    const opened = await bench.quotas.find('subject-of-ada');

    let unfinished: unknown;
    await during(bench, request, async () => {
      unfinished = await bench.quotas.find('subject-of-ada');
    });

    expect(opened).toMatchObject({ open: [request.uploadId], unfinished: [] });
    expect(unfinished).toMatchObject({ open: [], unfinished: [request.uploadId] });
    const nothing = { open: [], unfinished: [], slots: new Map() };
    expect(await bench.quotas.find('subject-of-ada')).toEqual(nothing);
  });

  it('need no creator: those of earlier versions share with nobody', async () => {
    const bench = new ImportWorkbench();
    const request = await uploaded(bench, null);

    expect(await bench.fairImporter().run(request, ALL_THE_TIME)).toBe('finished');
  });
});

describe('the slot of a caller', () => {
  it('goes back when a run fails, and its import stays counted', async () => {
    const bench = new ImportWorkbench();
    const request = await uploaded(bench, 'ada');
    bench.store.failPuts(() => 'not-stored');

    await expect(bench.fairImporter().run(request, ALL_THE_TIME)).rejects.toMatchObject({
      kind: 'unavailable',
    });

    expect(await bench.quotas.find('subject-of-ada')).toEqual({
      open: [],
      unfinished: [request.uploadId],
      slots: new Map(),
    });
  });

  it('of a killed run is taken over by the next run of the same import at once', async () => {
    const bench = new ImportWorkbench();
    const request = await uploaded(bench, 'ada');
    const { uploadId } = request;
    const killed = { uploadId, token: 'killed', takenAtEpochMs: bench.clock.nowEpochMs() };
    await bench.quotas.takeSlot('subject-of-ada', 0, killed, undefined);

    expect(await bench.fairImporter().run(request, ALL_THE_TIME)).toBe('finished');
  });

  it('of a killed run is taken over by another import after half a minute', async () => {
    const bench = new ImportWorkbench();
    const dead = await uploaded(bench, 'ada');
    const waiting = await uploaded(bench, 'ada');
    const killed = {
      uploadId: dead.uploadId,
      token: 'killed',
      takenAtEpochMs: bench.clock.nowEpochMs(),
    };
    await bench.quotas.takeSlot('subject-of-ada', 0, killed, undefined);

    const soon = await bench.fairImporter().run(waiting, ALL_THE_TIME);
    bench.clock.advance(30_000);
    const later = await bench.fairImporter().run(continuation(waiting), ALL_THE_TIME);

    expect([soon, later]).toEqual(['waiting', 'finished']);
  });

  it('is held by a run that works for as long as it likes', async () => {
    const bench = new ImportWorkbench();
    const big = await uploaded(bench, 'ada', HEAD + rows(400));
    const waiting = await uploaded(bench, 'ada');
    let outcome: unknown;

    await during(bench, big, async () => {
      bench.clock.advance(29_000);
      const record = await bench.record(big.uploadId);
      const token = record.lease?.token ?? '';
      const now = bench.clock.nowEpochMs();
      await bench.imports.saveCheckpoint(big.uploadId, token, record.checkpoint, now);
      bench.clock.advance(29_000);
      outcome = await bench.fairImporter().run(waiting, ALL_THE_TIME);
    });

    expect(outcome).toBe('waiting');
  });
});

describe('a run that has worked for its time slice', () => {
  it('goes to the end of the queue while others wait, and loses nothing by it', async () => {
    const bench = new ImportWorkbench();
    bench.queue.othersWait = true;
    const request = await uploaded(bench, 'ada', HEAD + rows(300));
    const write = bench.ports.readings.writeBlocks.bind(bench.ports.readings);
    const readings = {
      writeBlocks: async (...args: Parameters<typeof write>) => {
        bench.clock.advance(500);
        return write(...args);
      },
    };
    const limits = { ...SMALL, sliceMs: 2000 };

    const outcomes = [];
    for (let message: RunRequest | undefined = request; message && outcomes.length < 100;) {
      outcomes.push(await bench.fairImporter(limits, { readings }).run(message, ALL_THE_TIME));
      const next = bench.queue.continued.shift();
      message = next === undefined ? undefined : continuation(request);
    }

    expect(outcomes.length).toBeGreaterThan(3);
    expect(new Set(outcomes.slice(0, -1))).toEqual(new Set(['handed-over']));
    expect(outcomes.at(-1)).toBe('finished');
    // Those that wait for the slot ask within that time.
    expect(new Set(bench.queue.delays)).toEqual(new Set([2]));
    expect((await bench.record(request.uploadId)).checkpoint.rows).toEqual({
      total: 300,
      accepted: 300,
      rejected: 0,
    });
    expect(await bench.readings()).toHaveLength(300);
  });
});
