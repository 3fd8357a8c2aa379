import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bindGenerator, describeMachine } from '../machine.ts';
import { Stand } from '../stand.ts';
import { median } from '../statistics.ts';
import { MANY_EQUIPMENT, writeCsvFile, type CsvFile, type CsvShape } from './csv-file.ts';
import { measureImport, measurePapa, type CsvMeasurement } from './csv-import.ts';

/**
 * The CSV import of files of several shapes, in turns with PapaParse alone and, with `--against`, with the
 * built importer of another checkout: `npx node bench/csv/shapes.ts [--rows 1000000] [--rounds 3]
 * [--shape random] [--against ../before]`.
 */
const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    shape: { type: 'string' },
    against: { type: 'string' },
  },
});

const SHAPES: Readonly<Record<string, CsvShape>> = {
  'one equipment': { ...MANY_EQUIPMENT, equipment: 1 },
  '500 equipment in turns': MANY_EQUIPMENT,
  'five metrics': { ...MANY_EQUIPMENT, metrics: 5 },
  'random order': { ...MANY_EQUIPMENT, isInOrder: false },
  '5,000 equipment in turns': { ...MANY_EQUIPMENT, equipment: 5000 },
};

type Way = (file: CsvFile) => Promise<CsvMeasurement>;

function ways(stand: Stand): Readonly<Record<string, Way>> {
  const { against } = options;
  return {
    'PapaParse alone': (file) => measurePapa(stand, file),
    import: (file) => measureImport(stand, file),
    ...(against !== undefined && {
      [against]: (file: CsvFile) => measureImport(stand, file, [], against),
    }),
  };
}

async function measure(stand: Stand, file: CsvFile): Promise<void> {
  const all = Object.entries(ways(stand));
  const rounds: (readonly CsvMeasurement[])[] = [];
  for (let round = 0; round < Number(options.rounds); round += 1) {
    const figures: CsvMeasurement[] = [];
    for (const [, way] of all) figures.push(await way(file));
    rounds.push(figures);
  }
  for (const [at, [name]] of all.entries()) {
    const of = (figure: (own: CsvMeasurement, papa: CsvMeasurement) => number): number =>
      median(
        rounds.flatMap((figures) => {
          const [own, papa] = [figures[at], figures[0]];
          return own && papa ? [figure(own, papa)] : [];
        }),
      );
    const words = [
      name.padEnd(16),
      `${Math.round(of((own) => own.rowsPerSecond))} rows/s`,
      `${of((own, papa) => own.rowsPerSecond / papa.rowsPerSecond).toFixed(3)} × PapaParse`,
      `${of((own) => (own.cpuSeconds / file.rows) * 1e6).toFixed(2)} µs of CPU a row`,
      `${Math.round(of((own) => (own.peakRssMib * 2 ** 20) / 1e6))} MB`,
    ];
    process.stdout.write(`  ${words.join(', ')}\n`);
  }
}

const machine = describeMachine();
bindGenerator(machine);
const stand = new Stand(machine);
try {
  await stand.open();
  for (const [name, shape] of Object.entries(SHAPES)) {
    if (options.shape !== undefined && !name.includes(options.shape)) continue;
    const rows = Number(options.rows);
    process.stdout.write(`${name}, ${rows} rows, median of ${options.rounds} rounds\n`);
    await measure(stand, writeCsvFile(join(stand.folder, 'readings.csv'), rows, shape));
  }
} finally {
  stand.close();
}
process.exit(0);
