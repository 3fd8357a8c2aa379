import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ImportWorkbench } from '../../../../test/support/import-workbench.js';
import { InMemoryUploadStorage } from '../../../../test/support/in-memory-upload-storage.js';
import { IMPORT_LIMITS } from './import-limits.js';
import { ImportProgress, LeaseLost } from './import-progress.js';

const PLACE = { offset: 10, line: 3 };
const upTo = (place: typeof PLACE, bytesProcessed: number) => ({
  place,
  bytesProcessed,
  timeState: '',
  writtenMetrics: '',
  columnFormats: undefined,
  isUnderOtherHeader: false,
});
const rejected = (...lines: string[]) => ({
  accepted: 1,
  rejected: lines.length,
  cells: { accepted: 2, rejected: lines.length, missing: 1 },
  report: lines,
});

/** Keeps every part back until told to go on. */
class SlowStorage extends InMemoryUploadStorage {
  private readonly gate = Promise.withResolvers<void>();
  private readonly arrival = Promise.withResolvers<void>();
  readonly goOn = this.gate.resolve;
  readonly arrived = this.arrival.promise;

  override async putReportPart(...part: Parameters<InMemoryUploadStorage['putReportPart']>) {
    this.arrival.resolve();
    await this.gate.promise;
    await super.putReportPart(...part);
  }
}

async function aRun(bench: ImportWorkbench, storage = new InMemoryUploadStorage()) {
  const { uploadId, object } = await bench.upload('x');
  if (!object) throw new Error('an upload has an object');
  const lease = { messageId: 'm', seenAtEpochMs: 0, released: false, renewedAtSteps: 0 };
  const claim = async (token: string, previousToken?: string) =>
    bench.imports.takeOver(uploadId, {
      lease: { ...lease, token },
      previousToken,
      object,
      startedAt: (await bench.record(uploadId)).createdAt,
    });
  const record = await claim('first');
  if (!record) throw new Error('nobody else wants the import');
  const ports = { imports: bench.imports, storage, clock: bench.clock };
  return { uploadId, progress: new ImportProgress(record, 'first', ports, IMPORT_LIMITS), claim };
}

describe('saving how far an import came', () => {
  it('speaks of the lines that its parts have, whatever is confirmed meanwhile', async () => {
    const bench = new ImportWorkbench();
    const storage = new SlowStorage();
    const { uploadId, progress } = await aRun(bench, storage);
    progress.advance(rejected('a\r\n'), upTo(PLACE, 10));

    const first = progress.save();
    await storage.arrived;
    progress.advance(rejected('b\r\n', 'c\r\n'), upTo({ offset: 20, line: 6 }, 20));
    storage.goOn();
    await first;

    const saved = (await bench.record(uploadId)).checkpoint;
    expect(saved.rows).toEqual({ total: 2, accepted: 1, rejected: 1 });
    expect(saved.report).toEqual({ parts: [{ run: 1, count: 1 }], bytes: 3, unlisted: 0 });
    await progress.save();
    const { rows, cells, report } = (await bench.record(uploadId)).checkpoint;
    expect(rows).toEqual({ total: 5, accepted: 2, rejected: 3 });
    expect(cells).toEqual({ accepted: 4, rejected: 3, missing: 2 });
    expect(report).toEqual({ parts: [{ run: 1, count: 2 }], bytes: 9, unlisted: 0 });
    expect([...storage.parts.values()]).toEqual(['a\r\n', 'b\r\nc\r\n']);
  });

  it('never speaks of a part that is still on its way', async () => {
    const bench = new ImportWorkbench();
    const storage = new SlowStorage();
    const { uploadId, progress } = await aRun(bench, storage);
    progress.advance(rejected('a\r\n'), upTo(PLACE, 10));
    const first = progress.save();
    await storage.arrived;

    const second = progress.save();
    await setImmediate();

    expect((await bench.record(uploadId)).checkpoint.report.parts).toEqual([]);
    storage.goOn();
    await Promise.all([first, second]);
    const { parts } = (await bench.record(uploadId)).checkpoint.report;
    expect(parts).toEqual([{ run: 1, count: 1 }]);
  });

  it('takes turns, and is over for good when another run has the import', async () => {
    const bench = new ImportWorkbench();
    const { uploadId, progress, claim } = await aRun(bench);
    progress.advance(rejected(), upTo(PLACE, 10));
    await claim('second', 'first');

    const both = await Promise.allSettled([progress.save(), progress.save()]);

    expect(both).toEqual([
      { status: 'rejected', reason: expect.any(LeaseLost) },
      { status: 'rejected', reason: expect.any(LeaseLost) },
    ]);
    expect((await bench.record(uploadId)).checkpoint.rows.total).toBe(0);
  });
});
