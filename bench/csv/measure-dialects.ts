import { join } from 'node:path';
import type { Plan } from '../plan.ts';
import type { Stand } from '../stand.ts';
import { median } from '../statistics.ts';
import { writeRows, type CsvFile } from './csv-file.ts';
import { measureImport, measurePapa, type CsvMeasurement } from './csv-import.ts';
import { DIALECTS, type CsvDialect } from './dialects.ts';
import { linesOf } from './product-readings.ts';

/** What SPEC asks of a dialect: a share of the plain one's rows per second, and of memory. */
export const LEAST_SHARE = 1 / 3;
export const MOST_RSS_MB = 200;

export interface DialectFigures {
  readonly name: string;
  readonly rowsPerSecond: number;
  /** Of the plain dialect's rows per second in the same round: median, lowest and highest. */
  readonly share: readonly [number, number, number];
  /** Of PapaParse's, over the plain file. */
  readonly ofPapa: number;
  readonly cpuMicrosPerRow: number;
  readonly peakRssMb: number;
}

/** As many rows as are compared one by one. */
const COMPARED_ROWS = 5000;

/** Imports a small file of each dialect. Throws where the store got other than exactly what the file says. */
export async function assertExact(
  stand: Stand,
  dialects: readonly CsvDialect[],
  say: (text: string) => void,
): Promise<void> {
  for (const dialect of dialects) {
    await stand.sinkClient.change({ keepItems: true });
    const file = writeDialect(join(stand.folder, 'compared.csv'), COMPARED_ROWS, dialect);
    await measureImport(stand, file);
    const stored = (await linesOf(await stand.sinkClient.items())).toSorted();
    await stand.sinkClient.change({ keepItems: false });
    const written = Array.from({ length: COMPARED_ROWS }, (_, row) => linesIn(dialect, row));
    const expected = written.flat().toSorted();
    const at = expected.findIndex((line, index) => line !== stored[index]);
    if (at >= 0 || stored.length !== expected.length) {
      throw new Error(
        `${dialect.name}: ${stored.length} values of ${expected.length}; ${stored[at]} instead of ${expected[at]}`,
      );
    }
    say(`exact: ${dialect.name}`);
  }
}

function linesIn({ readingOf }: CsvDialect, row: number): readonly string[] {
  const { equipmentId, epochMs, values } = readingOf(row);
  const instant = new Date(epochMs).toISOString().replace('Z', '000000Z');
  return Object.entries(values).map(
    ([metric, number]) => `${equipmentId} ${instant} ${metric} ${Number(number)}`,
  );
}

function writeDialect(path: string, rows: number, dialect: CsvDialect): CsvFile {
  const { head, readingOf, rowOf, encode, options, fileName = 'readings.csv' } = dialect;
  const bytes = writeRows(path, head, rows, (index) => rowOf(readingOf(index)), encode);
  return { path, rows, bytes, fileName, options };
}

interface DialectRound {
  readonly papa: CsvMeasurement;
  readonly plain: CsvMeasurement;
  readonly own: CsvMeasurement;
}

/** Every round of a dialect has the plain one beside it, and PapaParse over the plain file. */
export async function measureDialects(
  stand: Stand,
  { rounds, csvRows }: Plan,
  dialects: readonly CsvDialect[],
  say: (text: string) => void,
): Promise<readonly DialectFigures[]> {
  const [plainDialect] = DIALECTS;
  if (!plainDialect) throw new Error('there is a plain dialect');
  const plainFile = writeDialect(join(stand.folder, 'plain.csv'), csvRows, plainDialect);
  const figures: DialectFigures[] = [];
  for (const dialect of dialects) {
    say(dialect.name);
    const file = writeDialect(join(stand.folder, 'dialect.csv'), csvRows, dialect);
    const measured: DialectRound[] = [];
    while (measured.length < rounds) {
      const papa = await measurePapa(stand, plainFile);
      const plain = await measureImport(stand, plainFile);
      const own = dialect === plainDialect ? plain : await measureImport(stand, file);
      measured.push({ papa, plain, own });
    }
    figures.push(figuresOf(dialect.name, measured, csvRows));
  }
  return figures;
}

function figuresOf(name: string, rounds: readonly DialectRound[], rows: number): DialectFigures {
  const middle = (of: (round: DialectRound) => number): number => median(rounds.map(of));
  const shares = rounds.map(({ own, plain }) => own.rowsPerSecond / plain.rowsPerSecond);
  return {
    name,
    rowsPerSecond: middle(({ own }) => own.rowsPerSecond),
    share: [median(shares), Math.min(...shares), Math.max(...shares)],
    ofPapa: middle(({ own, papa }) => own.rowsPerSecond / papa.rowsPerSecond),
    cpuMicrosPerRow: middle(({ own }) => (own.cpuSeconds / rows) * 1e6),
    peakRssMb: middle(({ own }) => (own.peakRssMib * 2 ** 20) / 1e6),
  };
}

export function meetsShare({ share: [middle], peakRssMb }: DialectFigures): boolean {
  return middle >= LEAST_SHARE && peakRssMb < MOST_RSS_MB;
}
