import { hourOfEpochMs, HourRecomputer } from '@sensorflow/aggregation';
import { LogReadingStore, Retention } from '@sensorflow/sensor-data';
import type { StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { describe, expect, it } from 'vitest';
import { ALL_THE_TIME, ImportWorkbench } from '../../../test/support/import-workbench.js';
import { InMemoryAggregateStore } from '../../../test/support/in-memory-aggregate-store.js';
import { InMemoryClosingProgress } from '../../../test/support/in-memory-closing-progress.js';
import { Killed } from '../../../test/support/mortal-ports.js';
import { AggregateRecomputation } from './aggregate-recomputation.js';

const HOURS = 60;
const hour = (n: number): string => new Date(Date.UTC(2023, 0, 1, n)).toISOString();
const FILE = `equipmentId,timestamp,value\n${Array.from(
  { length: HOURS },
  (_, n) => `EQ-1,${hour(n)},1\n`,
).join('')}`;

/** The workbench with aggregates that are really recomputed, as the importer has them. */
function start() {
  const bench = new ImportWorkbench();
  const store = new InMemoryAggregateStore();
  const closing = new InMemoryClosingProgress(hourOfEpochMs(bench.clock.nowEpochMs()));
  const readings = new LogReadingStore(bench.store, Retention.FOREVER, bench.clock);
  const hours = new HourRecomputer({ readings, aggregates: store, closing }, bench.clock);
  const aggregates = new AggregateRecomputation(hours, closing, bench.clock);
  /** How many metrics its hours have. */
  const metrics = () => new Set(store.cells().map((cell) => cell.metrics.size));
  return { bench, aggregates, metrics };
}

describe('an import whose killed run still writes while it is taken back', () => {
  it('ends with nothing of it, in readings and aggregates, whenever the last block lands', async () => {
    const { bench, aggregates, metrics } = start();
    const late: StoredBlock[] = [];
    const write = bench.writer.writeBlocks.bind(bench.writer);
    const readings = {
      writeBlocks: async (blocks: readonly StoredBlock[], callerId: string) => {
        if (late.length === 0 && bench.store.all('EQ-1').length === 0) {
          return write(blocks, callerId);
        }
        late.push(...blocks);
        throw new Killed('with blocks on their way');
      },
    };
    const file = await bench.upload(FILE);
    const limits = { pieceBytes: 256, maxBatchRows: 20, maxCalls: 1 };
    const run = bench.importer(limits, { readings, aggregates }).run(file, ALL_THE_TIME);
    await expect(run).rejects.toThrow(Killed);
    const undo = await bench.beginUndo(file.uploadId);

    expect(await bench.undoer({ aggregates }).run(undo, ALL_THE_TIME)).toBe('undone');
    const atTheEnd = [await bench.readings(), metrics()];
    for (const block of late) bench.store.put(block);
    const named = Array.from({ length: HOURS }, (_, n) => hour(n).slice(0, 13));
    const soon = bench.clock.nowEpochMs() + 60_000;
    await aggregates.recompute(
      named.map((text) => ({ equipmentId: 'EQ-1', hour: text })),
      soon,
    );

    expect(late.length).toBeGreaterThan(0);
    expect(atTheEnd).toEqual([[], new Set([0])]);
    expect([await bench.readings(), metrics()]).toEqual(atTheEnd);
  });
});
