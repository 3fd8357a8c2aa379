import { instantFromEpochMs } from '@sensorflow/kernel';
import type { ReadingWriter, WriteOutcome } from '@sensorflow/sensor-data';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { ALL_THE_TIME, ImportWorkbench } from '../../../../test/support/import-workbench.js';
import { mortalPorts } from '../../../../test/support/mortal-ports.js';
import { aReading } from '../../../../test/support/readings.js';
import type { RunRequest } from './leased-runs.js';

const HEAD = 'equipmentId,timestamp,value\n';
const T = (minute: number): string => new Date(Date.UTC(2023, 0, 1, 0, minute)).toISOString();
const row = (minute: number, value: number): string => `EQ-1,${T(minute)},${value}\n`;
const rows = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, i) => row(from + i, from + i)).join('');
/** Each in a block of its own. */
const hourly = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, i) => row((from + i) * 60, from + i)).join('');
const standing = (minute: number, words: string): string =>
  `EQ-1 ${instantFromEpochMs(Date.parse(T(minute)))} ${words}`;
const SMALL = { pieceBytes: 256, maxBatchRows: 10, checkpointMs: 0 };

type Writer = Pick<ReadingWriter, 'writeBlocks'>;
type StoredBlock = Parameters<Writer['writeBlocks']>[0][number];

/** Loses the first block that it gets, stores all others, and answers a little later. */
class LosingWriter implements Writer {
  readonly sent: StoredBlock[] = [];
  mostAtOnce = 0;
  private atOnce = 0;

  constructor(private readonly bench: ImportWorkbench) {}

  async writeBlocks(blocks: readonly StoredBlock[]): Promise<readonly WriteOutcome[]> {
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    const outcomes = blocks.map((block): WriteOutcome => {
      if (this.sent.push(block) === 1) return { outcome: 'not-stored' };
      this.bench.store.put(block);
      return { outcome: 'stored', registerTime: instantFromEpochMs(0) };
    });
    await setTimeout(5);
    this.atOnce -= 1;
    return outcomes;
  }
}

/** Keeps all blocks back, says that they are stored, and stores them when told. */
class LateWriter implements Writer {
  readonly blocks: StoredBlock[] = [];

  async writeBlocks(blocks: readonly StoredBlock[]): Promise<readonly WriteOutcome[]> {
    await Promise.resolve();
    this.blocks.push(...blocks);
    return blocks.map(() => ({ outcome: 'stored', registerTime: instantFromEpochMs(0) }));
  }

  land(bench: ImportWorkbench, count = Infinity): void {
    for (const block of this.blocks.slice(0, count)) bench.store.put(block);
  }
}

async function correct(bench: ImportWorkbench, minute: number, value: number): Promise<void> {
  const timestamp = instantFromEpochMs(Date.parse(T(minute)));
  const values = { value };
  const reading = aReading({ equipmentId: 'EQ-1', timestamp, values });
  expect(await bench.writer.write([reading])).toMatchObject([{ outcome: 'stored' }]);
}

describe('the rows of a file', () => {
  it('stand by their place in it, although a block of earlier ones is stored last', async () => {
    const bench = new ImportWorkbench();
    const readings = new LosingWriter(bench);
    // Two batches, each of fifty blocks: two calls.
    const file = `${HEAD}${hourly(50)}${row(0, 700)}${row(0, 701)}${hourly(48, 50)}`;
    const request = await bench.upload(file);

    const limits = { maxBatchRows: 50, maxCalls: 4 };
    await bench.importer(limits, { readings }).run(request, ALL_THE_TIME);

    expect(readings.mostAtOnce).toBe(4);
    // Only what was lost is sent again, and as it was.
    const [lost, ...others] = readings.sent;
    expect(others.filter(({ key }) => key === lost?.key)).toEqual([lost]);
    expect(new Set(others.map(({ key }) => key)).size).toBe(others.length);
    expect(await bench.readings()).toContain(standing(0, 'value=701'));
    expect((await bench.record(request.uploadId)).checkpoint.rows.accepted).toBe(100);
  });

  it('count when those before them are confirmed, too', async () => {
    const bench = new ImportWorkbench();
    const gate = Promise.withResolvers<void>();
    let calls = 0;
    const readings = {
      writeBlocks: async (blocks: readonly StoredBlock[]) => {
        calls += 1;
        if (calls === 1) await gate.promise;
        return bench.writer.writeBlocks(blocks);
      },
    };
    const request = await bench.upload(HEAD + hourly(200));
    const limits = { maxBatchRows: 50, checkpointMs: 0 };
    const run = bench.importer(limits, { readings }).run(request, ALL_THE_TIME);

    await vi.waitFor(() => expect(calls).toBeGreaterThan(2));
    await setTimeout(20);
    expect((await bench.record(request.uploadId)).checkpoint.rows.total).toBe(0);
    gate.resolve();
    expect(await run).toBe('finished');
    expect((await bench.record(request.uploadId)).checkpoint.rows.total).toBe(200);
  });

  it('are sent again until the store has them', async () => {
    const bench = new ImportWorkbench();
    bench.store.failPuts((_, call) => (call < 60 ? 'unknown' : undefined));

    const record = await bench.importFile(HEAD + rows(100));

    expect(record.status).toBe('completed');
    expect(await bench.readings()).toHaveLength(100);
  });

  it('carry their import, and who opened it', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(HEAD + rows(3));
    bench.clock.advance(5_000);
    await bench.run(request);

    const { uploadId } = request;
    expect(bench.store.all('EQ-1')).toMatchObject([{ importId: uploadId, by: 'subject-of-ada' }]);
    const [reading] = await bench.stored();
    expect(reading?.registerTime).toBe((await bench.record(uploadId)).startedAt);
  });
});

describe('a run that was killed', () => {
  const FILE = `${HEAD}${rows(30)}${row(2, 700)}${rows(30, 20)}${row(2, 701)}${row(40, 702)}`;

  /** Runs until the process dies, with blocks that land when the import is long over. */
  async function killed(bench: ImportWorkbench, request: RunRequest, step: number) {
    const readings = new LateWriter();
    const ports = mortalPorts({ ...bench.ports, readings }, step);
    const limits = { pieceBytes: 128, maxBatchRows: 4, checkpointMs: Infinity };
    const end = await bench
      .importer(limits, ports)
      .run(request, ALL_THE_TIME)
      .catch(() => 'killed');
    expect(end).toBe('killed');
    return readings;
  }

  it.each([14, 18, 22, 26, 30, 34, 38])(
    'at step %i changes nothing with its late blocks',
    async (step) => {
      const alone = new ImportWorkbench();
      await alone.importFile(FILE);
      const bench = new ImportWorkbench();
      const request = await bench.upload(FILE);
      const late = await killed(bench, request, step);
      bench.clock.advance(60_000);

      // Its blocks are cut in other places.
      const outcome = await bench.run(request, { ...SMALL, pieceBytes: 200 });
      const before = await bench.readings();
      late.land(bench);

      expect(outcome).toBe('finished');
      expect(late.blocks.length).toBeGreaterThan(0);
      expect(before).toEqual(await alone.readings());
      expect(await bench.readings()).toEqual(before);
    },
  );

  it('does not overwrite a block of its successor that holds more', async () => {
    const bench = new ImportWorkbench();
    // The first blocks of both runs end with the same instant.
    const request = await bench.upload(`${HEAD}${row(8, 8)}${rows(8)}${row(2, 700)}`);
    const late = await killed(bench, request, 16);

    await bench.run(request);
    const before = await bench.readings();
    late.land(bench, 1);

    expect(late.blocks.length).toBeGreaterThan(1);
    expect(before).toHaveLength(9);
    expect(await bench.readings()).toEqual(before);
  });

  it('does not undo a correction that was made after the import began', async () => {
    const bench = new ImportWorkbench();
    const request = await bench.upload(FILE);
    const late = await killed(bench, request, 26);
    bench.clock.advance(60_000);
    await correct(bench, 2, -1);
    bench.clock.advance(60_000);

    await bench.run(request, SMALL);
    late.land(bench);

    expect(await bench.readings()).toContain(standing(2, 'value=-1'));
  });
});

describe('an import among others', () => {
  it('lies over what was there before it began, a correction too', async () => {
    const bench = new ImportWorkbench();
    await bench.importFile(HEAD + row(1, 1));
    bench.clock.advance(1);
    await correct(bench, 1, 2);
    bench.clock.advance(1);

    await bench.importFile(HEAD + row(1, 3));

    expect(await bench.readings()).toEqual([standing(1, 'value=3')]);
  });

  it('adds its metrics to those of another file', async () => {
    const bench = new ImportWorkbench();
    await bench.importFile(`equipmentId,timestamp,temperature\nEQ-1,${T(1)},21\n`);

    await bench.importFile(`equipmentId,timestamp,humidity\nEQ-1,${T(1)},40\n`);

    const [reading, ...others] = await bench.stored();
    expect(others).toEqual([]);
    expect(Object.fromEntries(reading?.values ?? [])).toEqual({ temperature: 21, humidity: 40 });
  });

  it('merges the metrics of its own rows of one instant', async () => {
    const bench = new ImportWorkbench();
    const head = 'equipmentId,timestamp,temperature,humidity\n';

    await bench.importFile(`${head}EQ-1,${T(1)},21,\nEQ-1,${T(1)},,40\nEQ-1,${T(1)},22,\n`);

    const [reading] = await bench.stored();
    expect(Object.fromEntries(reading?.values ?? [])).toEqual({ temperature: 22, humidity: 40 });
  });

  it('is packed: rows of an hour share blocks', async () => {
    const bench = new ImportWorkbench();

    await bench.importFile(HEAD + rows(120));

    expect(bench.store.all('EQ-1').length).toBeLessThan(6);
  });
});
