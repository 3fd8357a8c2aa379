import { array, assert, asyncProperty, constantFrom } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImportWorkbench } from '../../../../test/support/import-workbench.js';
import { WrittenMetrics } from '../grammar/written-metrics.js';

const options = {
  equipmentId: 'EQ-1',
  columns: new Map([
    ['Tag', 'metric'],
    ['Wert', 'value'],
  ]),
};
const PATIENCE_MS = 60_000;

function fileOf(names: readonly string[]): string {
  const start = Date.UTC(2023, 1, 15);
  const rows = names.map(
    (name, n) => `${new Date(start + n * 60_000).toISOString()};"${name}";${n}\n`,
  );
  return `timestamp;Tag;Wert\n${rows.join('')}`;
}

async function outcomeOf(bench: ImportWorkbench, uploadId: string) {
  const { checkpoint, status } = await bench.record(uploadId);
  return {
    status,
    rows: checkpoint.rows,
    made: new WrittenMetrics(checkpoint.writtenMetrics).made,
    report: bench.storage.reports.get(uploadId),
    readings: await bench.readings(),
  };
}

/** Handed over after each piece of the file. */
async function importedByManyRuns(file: string) {
  const bench = new ImportWorkbench();
  const request = await bench.upload(file, { options });
  const importer = bench.importer({ pieceBytes: 64, maxBatchRows: 10 });
  let ticks = 0;
  let outcome = await importer.run(request, () => (++ticks % 3 === 0 ? 0 : 900_000));
  while (outcome === 'handed-over') {
    const next = bench.continuation(bench.queue.continued.shift() ?? '', `next-${ticks}`);
    outcome = await importer.run(next, () => (++ticks % 3 === 0 ? 0 : 900_000));
  }
  const { runs } = await bench.record(request.uploadId);
  return { ...(await outcomeOf(bench, request.uploadId)), runs };
}

describe('a long file whose metrics people named', () => {
  const names = array(
    constantFrom('flow', 'Temp (°C)', 'Temp [°C]', 'Temp_C', 'Größe', 'Grosse', '1st', '$OFF$', ''),
    { minLength: 1, maxLength: 40 },
  );

  it(
    'is stored alike by one run and by many',
    async () => {
      await assert(
        asyncProperty(names, async (all) => {
          const bench = new ImportWorkbench();
          const request = await bench.upload(fileOf(all), { options });
          await bench.run(request);
          const whole = await outcomeOf(bench, request.uploadId);

          const { runs, ...cut } = await importedByManyRuns(fileOf(all));

          expect(cut).toEqual(whole);
          expect(runs).toBeGreaterThan(all.length > 20 ? 1 : 0);
        }),
        { numRuns: 60 },
      );
    },
    PATIENCE_MS,
  );

  it('stores each name under one metric, and no two names under the same', async () => {
    await assert(
      asyncProperty(names, async (all) => {
        const bench = new ImportWorkbench();
        const { checkpoint, uploadId } = await bench.importFile(fileOf(all), { options });

        const stored = (await bench.readings()).map((reading) => reading.split(' ')[2] ?? '');
        const byMetric = new Map<string, Set<string>>();
        for (const cell of stored) {
          const [metric = '', value = ''] = cell.split('=');
          const written = byMetric.get(metric) ?? new Set();
          byMetric.set(metric, written.add(all[Number(value)] ?? ''));
        }
        for (const written of byMetric.values()) expect(written.size).toBe(1);
        expect(stored.length + checkpoint.rows.rejected).toBe(all.length);
        const codes = bench.reportRows(uploadId, ';').map(([, code]) => code);
        expect(codes).toHaveLength(checkpoint.rows.rejected);
      }),
      { numRuns: 60 },
    );
  });

  it('goes in again as its report has it, with another name', async () => {
    const bench = new ImportWorkbench();
    const first = await bench.importFile(fileOf(['+5V+', 'Temp (C)', 'Temp [C]', 'T 3']), {
      options,
    });
    const report = bench.storage.reports.get(first.uploadId) ?? '';

    await bench.importFile(report.replaceAll('Temp [C]', 'Temp_inside').replace("'+5V+", 'x5V'), {
      options,
    });

    expect((await bench.readings()).map((reading) => reading.split(' ')[2])).toEqual([
      'x5V=0',
      'Temp_C=1',
      'Temp_inside=2',
      'T_3=3',
    ]);
  });

  it.each([
    ['unchanged', 'Temp [C]', (report: string) => report],
    ['unchanged, and a metric’s own', 'Temp_C', (report: string) => report],
    [
      'with another name that becomes the same',
      'Temp [C]',
      (report: string) => report.replaceAll('Temp [C]', 'Temp {C}'),
    ],
    [
      'without quotes, its bad timestamp corrected',
      'Temp [C]',
      (report: string) =>
        report.replace('2023-02-15T00:00:00.000Zx', '2023-02-15T00:00:00.000Z').replaceAll('"', ''),
    ],
  ])('overwrites nothing when its report goes in again: %s', async (what, name, change) => {
    const bench = new ImportWorkbench();
    const time = '2023-02-15T00:00:00.000Z';
    const bad = what.includes('timestamp') ? `${time}x` : time;
    const file = `timestamp;Tag;Wert\n${time};Temp (C);20\n${bad};${name};55\n`;
    const first = await bench.importFile(file, { options });
    const report = bench.storage.reports.get(first.uploadId) ?? '';
    expect(bench.reportRows(first.uploadId, ';').map(([, code]) => code)).toEqual([
      'metric-name-taken',
    ]);

    const again = await bench.importFile(change(report), { options });

    expect((await bench.readings()).map((reading) => reading.split(' ')[2])).toEqual(['Temp_C=20']);
    expect(bench.reportRows(again.uploadId, ';').map(([, code]) => code)).toEqual([
      'metric-name-taken',
    ]);
  });
});
