import { describe, expect, it } from 'vitest';
import { ALL_THE_TIME, ImportWorkbench } from '../../../../test/support/import-workbench.js';
import { mortalPorts } from '../../../../test/support/mortal-ports.js';
import type { RunRequest } from './leased-runs.js';

const MAX_DELIVERIES = 5;
const SMALL = { pieceBytes: 256, maxBatchRows: 10, checkpointMs: 0 };
const rows = (count: number): string =>
  Array.from(
    { length: count },
    (_, i) => `EQ-1,${new Date(Date.UTC(2023, 0, 1, 0, i)).toISOString()},${i}\n`,
  ).join('');
const HEAD = 'equipmentId,timestamp,value\n';
const FILE = HEAD + rows(300);

/** As kill -9 ends it: the run's own error handling does not come through either. */
async function killed(bench: ImportWorkbench, request: RunRequest, steps: number) {
  const importer = bench.importer(SMALL, mortalPorts(bench.ports, steps));
  return importer.run(request, ALL_THE_TIME).catch(() => 'killed' as const);
}

/** A queue of one import whose every run is killed after so many steps; answers how it ended. */
async function deliverAndKill(bench: ImportWorkbench, first: RunRequest, steps: number) {
  let message: RunRequest | undefined = first;
  for (let n = 0, deliveries = 1; message && n < 1000; n += 1, deliveries += 1) {
    if (deliveries > MAX_DELIVERIES) return 'dead letter';
    const outcome = await killed(bench, { ...message, deliveries }, steps);
    // Or the run before was killed when it had said so.
    if (outcome === 'finished' || outcome === 'already-finished') return 'finished';
    if (outcome === 'killed') continue;
    deliveries = 0;
    const uploadId = bench.queue.continued.shift();
    message = uploadId === undefined ? undefined : next(uploadId, n);
  }
  return 'no end';
}

const next = (uploadId: string, n: number): RunRequest => ({
  uploadId,
  messageId: `fresh-${n}`,
  object: undefined,
});

describe('an import whose runs are killed', () => {
  it('comes to its end however often that happens, as long as it gets on in between', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + rows(900));

    const end = await deliverAndKill(bench, request, 60);

    expect(end).toBe('finished');
    const record = await bench.record(request.uploadId);
    expect(record.runs).toBeGreaterThan(2 * MAX_DELIVERIES);
    expect(record.checkpoint.rows).toEqual({ total: 900, accepted: 900, rejected: 0 });
    expect(await bench.readings()).toHaveLength(900);
  });

  it('shows of its file what an unbroken one does', async () => {
    const file = HEAD + rows(150).replaceAll(/.+\n/g, '$&$&EQ-1,never,1\n');
    const unbroken = new ImportWorkbench();
    const { checkpoint: expected } = await unbroken.importFile(file);
    const bench = new ImportWorkbench();
    const request = await bench.upload(file);

    expect(await deliverAndKill(bench, request, 40)).toBe('finished');

    const { rows: counts, contents } = (await bench.record(request.uploadId)).checkpoint;
    expect(counts.total).toBe(counts.accepted + counts.rejected);
    expect({ counts, contents }).toEqual({ counts: expected.rows, contents: expected.contents });
    expect([counts.rejected, contents.repeatedRows]).toEqual([150, 150]);
    expect(contents.lastRows).toBeUndefined();
  });

  it('wears its message out when it never gets on', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(FILE);

    const end = await deliverAndKill(bench, request, 8);

    expect(end).toBe('dead letter');
    expect(bench.queue.continued).toEqual([]);
  });

  it('gets one fresh message for its progress', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(FILE);
    await killed(bench, request, 60);

    const outcome = await bench.run({ ...request, deliveries: 2 }, SMALL);
    const again = await killed(bench, { ...request, deliveries: 3 }, 8);

    expect([outcome, again]).toEqual(['handed-over', 'killed']);
    expect(bench.queue.continued).toEqual([request.uploadId]);
  });

  it('goes on with the fresh message at once, although the killed run may still have blocks on their way', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(FILE);
    await killed(bench, request, 60);
    await bench.run({ ...request, deliveries: 2 }, SMALL);

    const started = bench.clock.nowEpochMs();
    expect(await bench.run(next(request.uploadId, 1), SMALL)).toBe('finished');
    expect(bench.clock.nowEpochMs() - started).toBe(0);
  });

  it.each([1, 2, 3, 4, 5, 6])('is not lost when killed at step %i of renewing', async (step) => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(FILE);
    await killed(bench, request, 60);

    await killed(bench, { ...request, deliveries: MAX_DELIVERIES - 1 }, step);

    const last = { ...request, deliveries: MAX_DELIVERIES };
    const outcome = await bench.run(last, SMALL);
    expect(outcome === 'handed-over' || outcome === 'finished').toBe(true);
    const { uploadId } = request;
    for (const id of bench.queue.continued.splice(0)) await bench.run(next(id, 1), SMALL);
    expect((await bench.record(uploadId)).checkpoint.rows.total).toBe(300);
  });
});

describe('the last delivery of a message', () => {
  const lastOf = (request: RunRequest): RunRequest => ({
    ...request,
    deliveries: MAX_DELIVERIES,
    isLastDelivery: true,
  });

  it('fails an import that cannot get on, so that nobody waits for it', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(FILE);
    bench.store.failPuts(() => 'not-stored');

    await expect(bench.run(lastOf(request))).rejects.toMatchObject({ kind: 'unavailable' });

    expect(await bench.record(request.uploadId)).toMatchObject({
      status: 'failed',
      failure: { code: 'import-abandoned' },
      finishedAt: expect.any(String),
    });
    expect(bench.queue.continued).toEqual([]);
  });

  it('leaves an earlier delivery its later ones', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(FILE);
    bench.store.failPuts(() => 'not-stored');

    await expect(bench.run({ ...request, deliveries: 4 })).rejects.toMatchObject({
      code: 'readings-unconfirmed',
    });

    expect((await bench.record(request.uploadId)).status).toBe('importing');
  });

  it('goes on with a fresh message when its run got on before it failed', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(FILE);
    bench.store.failPuts((_, call) => (call > 5 ? 'not-stored' : undefined));

    const outcome = await bench.run(lastOf(request), SMALL);

    expect(outcome).toBe('handed-over');
    expect(bench.queue.continued).toEqual([request.uploadId]);
    bench.store.failPuts(() => undefined);
    expect(await bench.run(next(request.uploadId, 1), SMALL)).toBe('finished');
    expect((await bench.record(request.uploadId)).checkpoint.rows.accepted).toBe(300);
  });
});
